//! The weight memory of a crossbar: for each axon and group the weights of `P` neurons.

use goldspike_golden::quant::QuantLayer;

use crate::hdl::{Builder, Sig, Ty};
use crate::rtl::load::{self, Contents, Load, read_constants, read_large};
use crate::rtl::plan::{LayerPlan, index_bits};
use crate::rtl::regs::resized;

/// Where a word is: `axon * groups + group` where the groups fill an address, so that it needs no adder; else
/// `group * axons + axon`, so that no word is wasted.
struct Place {
    axons: usize,
    groups: usize,
    joined: bool,
}

impl Place {
    fn of(plan: &LayerPlan) -> Self {
        let groups = plan.groups as usize;
        Self {
            axons: plan.axons,
            groups,
            joined: groups.is_power_of_two(),
        }
    }

    fn depth(&self) -> usize {
        self.axons * self.groups
    }

    /// `(group, axon)` of a word.
    fn of_word(&self, word: usize) -> (usize, usize) {
        if self.joined {
            (word % self.groups, word / self.groups)
        } else {
            (word / self.axons, word % self.axons)
        }
    }

    fn address(&self, b: &mut Builder, axon: Sig, group: Option<Sig>) -> Sig {
        let Some(group) = group else {
            return axon;
        };
        let address = if self.joined {
            b.cat(&[axon, group])
        } else {
            b.add(group, axon)
        };
        resized(b, address, Ty::u(index_bits(self.depth())))
    }
}

/// The part of the address that is a group's; `None` where there is one group.
pub(crate) fn group_part(b: &mut Builder, plan: &LayerPlan, group: Option<Sig>) -> Option<Sig> {
    let place = Place::of(plan);
    let group = group?;
    if place.joined {
        return Some(group);
    }
    let stride = b.lit(place.axons as i128, Ty::u(index_bits(place.axons + 1)));
    let base = b.mul(group, stride);
    Some(resized(b, base, Ty::u(index_bits(place.depth()))))
}

/// Cycles from the event to its weights.
pub(crate) fn weight_cycles(plan: &LayerPlan) -> u32 {
    let read = match plan.large() {
        Some(large) => 1 + large.stages,
        None => plan.fabric.read_cycles(),
    };
    u32::from(addressed_apart(plan)) + u32::from(on_its_way(plan)) + read
}

/// Whether the address is made in a cycle of its own, so that nothing but registers takes the event; that of a large memory is chosen there, between a write and a read, and so is the word of zeros.
pub(crate) fn addressed_apart(plan: &LayerPlan) -> bool {
    !Place::of(plan).joined || plan.large_memories > 0 || plan.zero_word
}

/// Whether the address passes one more register, of which there may be copies, on its way to a memory that is spread far.
fn on_its_way(plan: &LayerPlan) -> bool {
    plan.spread && plan.large().is_none()
}

/// The weights of an event's axon for a group, by lane, [`weight_cycles`] after the event. A lane without a neuron in the
/// last group reads weight 0 (or +1 at one bit), and its sum is not looked at. `way` numbers the events of a cycle, each
/// of which has a memory of its own. Without an event a way other than the first gives zeros where the plan has a
/// [`zero_word`](LayerPlan::zero_word) and there is the `first` way's.
pub(crate) fn weights(
    b: &mut Builder,
    plan: &LayerPlan,
    layer: &QuantLayer,
    (file, load): (&str, Option<&Load>),
    way: usize,
    (event, first, axon, group): (Sig, Sig, Sig, Option<Sig>),
) -> Vec<Sig> {
    let mut contents = weight_contents(plan, layer);
    if plan.events > 1 {
        contents.name = format!("weights{way}");
    }
    let name = contents.name.clone();
    let place = Place::of(plan);
    let (mut event, mut address) = (event, place.address(b, axon, group));
    if plan.zero_word && way > 0 {
        let zeros = b.lit(place.depth() as i128, address.ty());
        address = b.mux(event, address, zeros);
        event = first;
    }
    let word = format!("{name}_word");
    let word = match (plan.large(), load) {
        (Some(large), Some(load)) => read_large(b, (load, 0), &contents, large, (address, event)),
        _ => {
            if addressed_apart(plan) {
                event = b.delay(&format!("{name}_wanted"), event, 1);
                address = b.delay(&format!("{name}_address"), address, 1);
            }
            if on_its_way(plan) {
                event = b.delay(&format!("{name}_near_wanted"), event, 1);
                address = b.delay(&format!("{name}_near_address"), address, 1);
            }
            let stands = load::Place {
                plan,
                load: load.map(|load| (load, 0)),
                file: file.to_owned(),
            };
            read_constants(b, &stands, &contents, &word, (address, event))
        }
    };
    if layer.weight_bits != 1 {
        return word;
    }
    b.comment("one-bit weights: 0 is +1, 1 is -1");
    word.into_iter()
        .map(|minus| {
            let one = b.lit(1, Ty::BIT);
            let weight = b.cat(&[minus, one]);
            b.as_signed(weight)
        })
        .collect()
}

/// What the weight memory of a layer holds.
pub(crate) fn weight_contents(plan: &LayerPlan, layer: &QuantLayer) -> Contents {
    let field = match layer.weight_bits {
        1 => Ty::BIT,
        bits => Ty::s(bits),
    };
    let place = Place::of(plan);
    let lanes = plan.lanes as usize;
    Contents {
        name: "weights".to_owned(),
        fields: vec![field; lanes],
        words: (0..place.depth())
            .map(|word| word_of(&place, layer, lanes, word))
            .chain(plan.zero_word.then(|| vec![0; lanes]))
            .collect(),
    }
}

fn word_of(place: &Place, layer: &QuantLayer, lanes: usize, word: usize) -> Vec<i128> {
    let (group, axon) = place.of_word(word);
    (0..lanes)
        .map(|lane| {
            let neuron = group * lanes + lane;
            let weight = if neuron < layer.neurons {
                layer.weights[neuron * layer.axons + axon]
            } else {
                0
            };
            i128::from(if layer.weight_bits == 1 {
                i32::from(weight < 0)
            } else {
                weight
            })
        })
        .collect()
}
