//! Wires and switches of ECP5 by their names, as nextpnr and Project Trellis write them.

use super::netlist::site;

/// A wire as a switch of a tile sees it: its name, and how many columns and rows away it begins. Wires of the clock network have
/// one name everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Local<'a> {
    pub(super) name: &'a str,
    pub(super) offset: (i32, i32),
}

/// A switch: the wire `to` is driven by `from`, in the tile at this column and row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arc<'a> {
    pub(super) at: (i32, i32),
    pub(super) to: Local<'a>,
    pub(super) from: Local<'a>,
}

impl std::fmt::Display for Arc<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { at, to, from } = self;
        let ((tx, ty), (fx, fy)) = (to.offset, from.offset);
        write!(
            f,
            "X{}/Y{}: {} ({tx}, {ty}) from {} ({fx}, {fy})",
            at.0, at.1, to.name, from.name
        )
    }
}

/// Whether a name is one of the clock network.
pub(super) fn is_global(name: &str) -> bool {
    ["G_", "L_", "R_"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// `N1E2_F3` as Project Trellis writes it: one row up, two columns right.
pub(super) fn local(text: &str) -> Option<Local<'_>> {
    let here = Local {
        name: text,
        offset: (0, 0),
    };
    if is_global(text) {
        return Some(here);
    }
    let Some((away, name)) = text.split_once('_') else {
        return Some(here);
    };
    let mut offset = (0, 0);
    let mut rest = away;
    while let Some(direction) = rest.chars().next() {
        let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
        let (Ok(far), true) = (rest[1..=digits].parse::<i32>(), digits > 0) else {
            return Some(here);
        };
        match direction {
            'N' => offset.1 -= far,
            'S' => offset.1 += far,
            'E' => offset.0 += far,
            'W' => offset.0 -= far,
            _ => return Some(here),
        }
        rest = &rest[1 + digits..];
    }
    Some(Local { name, offset })
}

/// `X4/Y7/0_0_A0->0_-1_F3` as nextpnr writes it; the wire that is driven is the second.
pub(super) fn pip(text: &str) -> Option<Arc<'_>> {
    let (x, y, way) = site(text)?;
    let (from, to) = way.split_once("->")?;
    let wire = |text| {
        let mut parts = str::splitn(text, 3, '_');
        let offset = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let name = parts.next()?;
        let offset = if is_global(name) { (0, 0) } else { offset };
        Some(Local { name, offset })
    };
    Some(Arc {
        at: (x, y),
        to: wire(to)?,
        from: wire(from)?,
    })
}

/// The wire of a cell's pin in the tile of its site; `None` where the pin is inside the site or in the clock network.
pub(super) fn pin(kind: &str, site: &str, port: &str) -> Option<String> {
    // SLICEB.K1, SLICEB.FF1, PIOC.
    let letter = |at: usize| site.as_bytes().get(at).copied().map(char::from);
    let slice = || "ABCD".find(letter(5)?);
    let half = || site.chars().last()?.to_digit(10);
    let lut = || Some(2 * slice()? + half()? as usize);
    Some(match (kind, port) {
        ("TRELLIS_COMB", "A" | "B" | "C" | "D" | "M" | "F") => format!("{port}{}_SLICE", lut()?),
        ("TRELLIS_COMB", "F1") => format!("F{}_SLICE", lut()? + 1),
        ("TRELLIS_COMB", "FCI") => match (half()?, letter(5)?) {
            (0, 'A') => "FCI_SLICE".to_owned(),
            (0, slice) => format!("FCI{slice}_SLICE"),
            (_, slice) => format!("FCI{slice}1_SLICE"),
        },
        ("TRELLIS_COMB", "FCO") => match (half()?, letter(5)?) {
            (0, slice) => format!("FCI{slice}1_SLICE"),
            (_, 'D') => "FCO_SLICE".to_owned(),
            (_, slice) => format!("FCO{slice}_SLICE"),
        },
        ("TRELLIS_COMB", "FXA" | "FXB") => format!("{port}{}_SLICE", letter(5)?),
        ("TRELLIS_COMB", "WD") => format!("WD{}{}_SLICE", half()?, letter(5)?),
        ("TRELLIS_COMB", "WAD0" | "WAD1" | "WAD2" | "WAD3") => {
            format!("{port}{}_SLICE", letter(5)?)
        }
        ("TRELLIS_COMB", "WRE" | "WCK") => format!("{port}{}_SLICE", slice()?),
        ("TRELLIS_COMB", "OFX") if half()? == 0 => format!("F5{}_SLICE", letter(5)?),
        ("TRELLIS_COMB", "OFX") => format!("FX{}_SLICE", letter(5)?),
        ("TRELLIS_FF", "DI" | "M" | "Q") => format!("{port}{}_SLICE", lut()?),
        ("TRELLIS_FF", "CLK" | "CE" | "LSR") => format!("{port}{}_SLICE", slice()?),
        ("TRELLIS_RAMW", _) if port.len() == 2 => {
            let (input, half) = port.split_at(1);
            format!("{input}{}_SLICE", 4 + half.parse::<usize>().ok()?)
        }
        ("TRELLIS_RAMW", _) => format!("{port}C_SLICE"),
        ("DP16KD", _) => format!("J{port}_EBR"),
        ("MULT18X18D", _) => format!("J{port}_MULT18"),
        ("TRELLIS_IO", "I") => format!("PADDO{}_PIO", letter(3)?),
        ("TRELLIS_IO", "O") => format!("JPADDI{}_PIO", letter(3)?),
        _ => return None,
    })
}

/// Whether a wire is driven so by no bit of the bitstream: always, or where no bit says otherwise. As in Project Trellis' database
/// (`.fixed_conn`, and `.mux` with a driver without bits).
pub(super) fn needs_no_bit(arc: &Arc<'_>) -> bool {
    let (to, from) = (arc.to.name, arc.from.name);
    let starts = |name: &str, starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    let of_block = |name: &str| {
        ["_EBR", "_MULT18", "_PIO"]
            .iter()
            .any(|end| name.ends_with(end))
    };
    let of_slice = |name: &str| name.ends_with("_SLICE");
    let to_fabric = starts(to, &["JF", "JQ"]);
    if is_global(to) {
        return starts(to, &["G_CLKI_"])
            || starts(from, &["G_CLKO_"])
            || (starts(to, &["G_J"]) && to.contains("PCLKCIB"));
    }
    of_slice(to)
        || of_block(to)
        || (of_block(from) && (to_fabric || starts(to, &["JDI"])))
        || (of_slice(from)
            && (from.strip_suffix("_SLICE") == Some(to) || starts(from, &["WDO", "WADO"])))
        || (starts(to, &["DI"]) && starts(from, &["F"]))
        || starts(to, &["FCI", "HFIE", "HL7", "FXA", "FXB", "JPADDO", "JMUI"])
        || (starts(to, &["JMULT"]) && starts(from, &["JMUI"]))
        || (to_fabric && starts(from, &["JDI"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_has_one_name_in_both_tools() {
        for (bits, written) in [
            (("A0", "E1_H02W0701"), "X4/Y7/1_0_H02W0701->0_0_A0"),
            (
                ("S3_V06N0003", "N1W2_V01N0101"),
                "X4/Y7/-2_-1_V01N0101->0_3_V06N0003",
            ),
            (("CLK0", "G_HPBX0000"), "X4/Y7/0_0_G_HPBX0000->0_0_CLK0"),
            (
                ("L_HPBX0000", "G_VPTX0000"),
                "X4/Y7/0_0_G_VPTX0000->0_0_L_HPBX0000",
            ),
            (("F0", "F5A_SLICE"), "X4/Y7/0_0_F5A_SLICE->0_0_F0"),
            (("JA0", "FCI_SLICE"), "X4/Y7/0_0_FCI_SLICE->0_0_JA0"),
        ] {
            let arc = Arc {
                at: (4, 7),
                to: local(bits.0).unwrap(),
                from: local(bits.1).unwrap(),
            };
            assert_eq!(pip(written), Some(arc), "{written}");
        }
        assert_eq!(pip("X4/Y7/A0"), None);
    }

    #[test]
    fn pins_are_wires() {
        for (kind, site, port, wire) in [
            ("TRELLIS_COMB", "SLICEB.K1", "C", Some("C3_SLICE")),
            ("TRELLIS_COMB", "SLICEB.K1", "OFX", Some("FXB_SLICE")),
            ("TRELLIS_COMB", "SLICEA.K0", "FCI", Some("FCI_SLICE")),
            ("TRELLIS_COMB", "SLICEA.K0", "FCO", Some("FCIA1_SLICE")),
            ("TRELLIS_COMB", "SLICED.K1", "FCO", Some("FCO_SLICE")),
            ("TRELLIS_COMB", "SLICEA.K0", "F1", Some("F1_SLICE")),
            ("TRELLIS_COMB", "SLICEA.K0", "WD", Some("WD0A_SLICE")),
            ("TRELLIS_FF", "SLICED.FF0", "CE", Some("CE3_SLICE")),
            ("TRELLIS_RAMW", "SLICEC.RAMW", "B1", Some("B5_SLICE")),
            ("TRELLIS_RAMW", "SLICEC.RAMW", "WADO2", Some("WADO2C_SLICE")),
            ("DP16KD", "EBR3", "ADA4", Some("JADA4_EBR")),
            ("TRELLIS_IO", "PIOC", "O", Some("JPADDIC_PIO")),
            ("DCCA", "TDCC0", "CLKO", None),
        ] {
            assert_eq!(pin(kind, site, port).as_deref(), wire, "{kind} {port}");
        }
    }

    #[test]
    fn what_has_a_choice_of_drivers_needs_bits() {
        let arc = |to: &'static str, from: &'static str| {
            needs_no_bit(&Arc {
                at: (4, 7),
                to: local(to).unwrap(),
                from: local(from).unwrap(),
            })
        };
        for (to, from) in [
            ("A0", "H02W0701"),
            ("F0", "F5A_SLICE"),
            ("F1", "FXA_SLICE"),
            ("MUXCLK0", "CLK0"),
            ("LSR1", "V00B0000"),
            ("JA0", "E1_H01E0001"),
            ("E1_H01E0001", "Q0"),
            ("CLK0", "G_HPBX0000"),
            ("R_HPBX0000", "G_VPTX0000"),
            ("G_VPTX0000", "G_HPRX0000"),
        ] {
            assert!(!arc(to, from), "{to} from {from}");
        }
        for (to, from) in [
            ("F0", "F0_SLICE"),
            ("DI3", "F3"),
            ("A0_SLICE", "B0"),
            ("Q7", "Q7_SLICE"),
        ] {
            assert!(arc(to, from), "{to} from {from}");
        }
    }
}
