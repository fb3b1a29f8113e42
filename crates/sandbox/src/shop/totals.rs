//! How an order's amounts come about: discounts, taxes, sums. Checked against every recorded order.
//!
//! Amounts here are raw, as the shop keeps them; [`super::present`] rounds them for the answer. That is why sums of
//! what an answer shows need not meet: with "round at subtotal" the shop adds first and rounds then.

use super::money::round;
use super::spec::{Settings, TaxRate};

/// Decimals that single taxes are kept with.
const TAX_PLACES: u32 = 6;

/// Tax of one rate on one line; `subtotal` is the tax before discounts and missing on shipping and fees.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LineTax {
    pub(crate) rate: u64,
    pub(crate) total: f64,
    pub(crate) subtotal: Option<f64>,
}

/// Something sold. Amounts are for all pieces, without tax.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) quantity: u64,
    pub(crate) tax_class: String,
    pub(crate) taxable: bool,
    pub(crate) subtotal: f64,
    pub(crate) total: f64,
    pub(crate) taxes: Vec<LineTax>,
}

/// A shipping or fee line, without tax.
#[derive(Debug, Clone)]
pub(crate) struct Charge {
    pub(crate) tax_class: String,
    pub(crate) taxable: bool,
    pub(crate) total: f64,
    pub(crate) taxes: Vec<LineTax>,
}

/// A coupon and what it took off, without tax.
#[derive(Debug, Clone)]
pub(crate) struct Discount {
    /// Percent of each line if true, else an amount for the whole cart.
    pub(crate) percent: bool,
    pub(crate) amount: f64,
    pub(crate) discount: f64,
    pub(crate) discount_tax: f64,
}

/// One rate's share of an order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TaxLine {
    pub(crate) rate: u64,
    pub(crate) tax_total: f64,
    pub(crate) shipping_tax_total: f64,
}

/// The order's own amounts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Sums {
    pub(crate) discount_total: f64,
    pub(crate) discount_tax: f64,
    pub(crate) shipping_total: f64,
    pub(crate) shipping_tax: f64,
    pub(crate) cart_tax: f64,
    pub(crate) total: f64,
}

/// Everything of an order that has an amount.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cart {
    /// Country that the goods go to; no rate matches an empty one.
    pub(crate) country: String,
    pub(crate) prices_include_tax: bool,
    pub(crate) round_at_subtotal: bool,
    pub(crate) decimals: u32,
    pub(crate) items: Vec<Item>,
    pub(crate) shipping: Vec<Charge>,
    pub(crate) fees: Vec<Charge>,
    pub(crate) discounts: Vec<Discount>,
    pub(crate) tax_lines: Vec<TaxLine>,
    pub(crate) sums: Sums,
}

/// The amount for `quantity` pieces without tax, of a product whose price is typed as `unit`.
pub(crate) fn net(unit: f64, quantity: u64, class: &str, include_tax: bool, settings: &Settings) -> f64 {
    let gross = unit * quantity as f64;
    if !include_tax {
        return gross;
    }
    let rates = rates(settings, &settings.country, class);
    gross - included_tax(gross, &rates)
}

fn rates<'a>(settings: &'a Settings, country: &str, class: &str) -> Vec<&'a TaxRate> {
    let matches = |rate: &&TaxRate| rate.line_class() == class && [country, ""].contains(&&*rate.country);
    settings.tax_rates.iter().filter(matches).collect()
}

fn included_tax(gross: f64, rates: &[&TaxRate]) -> f64 {
    rates.iter().map(|rate| round(gross - gross / (1.0 + rate.percent / 100.0), TAX_PLACES)).sum()
}

fn added_tax(amount: f64, rate: &TaxRate) -> f64 {
    round(amount * rate.percent / 100.0, TAX_PLACES)
}

impl Cart {
    /// Applies the coupons and computes every tax and sum anew.
    pub(crate) fn calculate(&mut self, settings: &Settings) {
        for index in 0..self.discounts.len() {
            self.apply_discount(index, settings);
        }
        self.tax(settings);
        self.add_up();
    }

    /// Taxes and sums from line amounts as they stand, without touching coupons.
    pub(crate) fn tax(&mut self, settings: &Settings) {
        for item in &mut self.items {
            let rates = if item.taxable { rates(settings, &self.country, &item.tax_class) } else { vec![] };
            item.taxes = rates
                .iter()
                .map(|rate| LineTax {
                    rate: rate.id,
                    total: added_tax(item.total, rate),
                    subtotal: Some(added_tax(item.subtotal, rate)),
                })
                .collect();
        }
        self.tax_shipping(settings);
        self.tax_fees(settings);
        self.collect_tax_lines();
    }

    /// Takes a coupon off the lines: percent in whole cents downwards, the missing cents off the first lines.
    fn apply_discount(&mut self, index: usize, settings: &Settings) {
        let (percent, amount) = (self.discounts[index].percent, self.discounts[index].amount);
        let scale = 10f64.powi(self.decimals as i32);
        let country = self.country.clone();
        let rates_of = |item: &Item| rates(settings, &country, &item.tax_class);
        let cents: Vec<f64> = self
            .items
            .iter()
            .map(|item| {
                let tax: f64 = rates_of(item).iter().map(|rate| added_tax(item.total, rate)).sum();
                round((item.total + if self.prices_include_tax { tax } else { 0.0 }) * scale, TAX_PLACES)
            })
            .collect();
        let off = if percent {
            percent_off(&cents, amount)
        } else {
            let pieces: Vec<u64> = self.items.iter().map(|item| item.quantity).collect();
            fixed_off(&cents, &pieces, round(amount * scale, 0))
        };
        let (mut discount, mut discount_tax) = (0.0, 0.0);
        for (item, off) in self.items.iter_mut().zip(off) {
            let off = off / scale;
            let rates = rates(settings, &country, &item.tax_class);
            let taxable = if item.taxable { &*rates } else { &[] };
            let (net, tax) = if self.prices_include_tax {
                let tax = included_tax(off, taxable);
                (off - tax, tax)
            } else {
                (off, taxable.iter().map(|rate| added_tax(off, rate)).sum())
            };
            item.total = round((item.total - net).max(0.0), TAX_PLACES);
            discount += net;
            discount_tax += tax;
        }
        self.discounts[index].discount = discount;
        self.discounts[index].discount_tax = discount_tax;
    }

    /// Shipping has the class of the goods: standard if one of them is, else the first that is there.
    fn shipping_class(&self) -> String {
        let classes: Vec<&str> =
            self.items.iter().filter(|item| item.taxable).map(|item| &*item.tax_class).collect();
        if classes.contains(&"") { String::new() } else { classes.first().copied().unwrap_or("").to_owned() }
    }

    fn tax_shipping(&mut self, settings: &Settings) {
        let rates: Vec<&TaxRate> = rates(settings, &self.country, &self.shipping_class());
        for charge in &mut self.shipping {
            charge.taxes = rates
                .iter()
                .filter(|rate| rate.shipping && charge.taxable)
                .map(|rate| LineTax { rate: rate.id, total: added_tax(charge.total, rate), subtotal: None })
                .collect();
        }
    }

    /// A negative fee takes tax back in proportion to what the classes cost, whatever its own tax status says.
    fn tax_fees(&mut self, settings: &Settings) {
        let costs = self.class_costs();
        let whole: f64 = costs.iter().map(|(_, cost)| cost).sum();
        let country = self.country.clone();
        for fee in &mut self.fees {
            fee.taxes.clear();
            let shares: Vec<(String, f64)> = if fee.total < 0.0 {
                costs.iter().map(|(class, cost)| (class.clone(), fee.total * cost / whole)).collect()
            } else if fee.taxable {
                vec![(fee.tax_class.clone(), fee.total)]
            } else {
                continue;
            };
            for (class, share) in shares {
                for rate in rates(settings, &country, &class) {
                    fee.taxes.push(LineTax { rate: rate.id, total: added_tax(share, rate), subtotal: None });
                }
            }
        }
    }

    fn class_costs(&self) -> Vec<(String, f64)> {
        let mut costs: Vec<(String, f64)> = Vec::new();
        let mut add = |class: &str, cost: f64| match costs.iter_mut().find(|(known, _)| known == class) {
            Some((_, sum)) => *sum += cost,
            None => costs.push((class.to_owned(), cost)),
        };
        for item in self.items.iter().filter(|item| item.taxable) {
            add(&item.tax_class, item.total);
        }
        for fee in self.fees.iter().filter(|fee| fee.taxable && fee.total >= 0.0) {
            add(&fee.tax_class, fee.total);
        }
        let class = self.shipping_class();
        for charge in &self.shipping {
            add(&class, charge.total);
        }
        costs
    }

    fn collect_tax_lines(&mut self) {
        self.tax_lines.clear();
        let places = if self.round_at_subtotal { TAX_PLACES } else { self.decimals };
        let goods = self.items.iter().map(|item| &item.taxes).chain(self.fees.iter().map(|fee| &fee.taxes));
        let goods = goods.flatten().map(|tax| (tax.rate, tax.total, 0.0));
        let shipping = self.shipping.iter().flat_map(|charge| &charge.taxes);
        let all: Vec<_> = goods.chain(shipping.map(|tax| (tax.rate, 0.0, tax.total))).collect();
        for (rate, tax, shipping_tax) in all {
            let (tax, shipping_tax) = (round(tax, places), round(shipping_tax, places));
            match self.tax_lines.iter_mut().find(|line| line.rate == rate) {
                Some(line) => {
                    line.tax_total += tax;
                    line.shipping_tax_total += shipping_tax;
                }
                None => {
                    self.tax_lines.push(TaxLine { rate, tax_total: tax, shipping_tax_total: shipping_tax })
                }
            }
        }
    }

    /// The order's own amounts from its lines.
    pub(crate) fn add_up(&mut self) {
        let sum = |amounts: &dyn Fn(&Item) -> f64| self.items.iter().map(amounts).sum::<f64>();
        let places = if self.round_at_subtotal { TAX_PLACES } else { self.decimals };
        let subtotal = sum(&|item| round(item.subtotal, places));
        let goods = sum(&|item| round(item.total, places));
        let taxes_before = sum(&|item| item.taxes.iter().filter_map(|tax| tax.subtotal).sum());
        let taxes_after = sum(&|item| item.taxes.iter().map(|tax| tax.total).sum());
        let shipping_total: f64 = self.shipping.iter().map(|line| round(line.total, self.decimals)).sum();
        let fees: f64 = self.fees.iter().map(|fee| fee.total).sum();
        let cart_tax = round(self.tax_lines.iter().map(|line| line.tax_total).sum(), self.decimals);
        let shipping_tax =
            round(self.tax_lines.iter().map(|line| line.shipping_tax_total).sum(), self.decimals);
        self.sums = Sums {
            discount_total: round(subtotal - goods, self.decimals),
            discount_tax: round(taxes_before - taxes_after, self.decimals),
            shipping_total,
            shipping_tax,
            cart_tax,
            total: round(goods + fees + shipping_total + cart_tax + shipping_tax, self.decimals),
        };
    }
}

fn percent_off(cents: &[f64], percent: f64) -> Vec<f64> {
    let mut off: Vec<f64> = cents.iter().map(|cent| (round(cent * percent / 100.0, 4)).floor()).collect();
    let wanted = round(round(cents.iter().sum::<f64>() * percent / 100.0, 4), 0);
    spread(&mut off, cents, wanted);
    off
}

fn fixed_off(cents: &[f64], pieces: &[u64], amount: f64) -> Vec<f64> {
    let wanted = amount.min(cents.iter().sum());
    let count: u64 = pieces.iter().zip(cents).filter(|(_, cent)| **cent > 0.0).map(|(piece, _)| piece).sum();
    let each = if count == 0 { 0.0 } else { (wanted / count as f64).floor() };
    let mut off: Vec<f64> =
        cents.iter().zip(pieces).map(|(cent, &piece)| (each * piece as f64).min(*cent)).collect();
    spread(&mut off, cents, wanted);
    off
}

/// Takes what is missing to `wanted` off the first lines, a cent per line and round.
fn spread(off: &mut [f64], cents: &[f64], wanted: f64) {
    let mut missing = wanted - off.iter().sum::<f64>();
    while missing >= 1.0 {
        let before = missing;
        for (off, cent) in off.iter_mut().zip(cents) {
            if missing >= 1.0 && *off + 1.0 <= *cent {
                *off += 1.0;
                missing -= 1.0;
            }
        }
        if missing == before {
            return;
        }
    }
}
