//! Estimates as files: `boards.csv` and `energy.csv`.

use crate::energy::{Format, HOROWITZ, PARTS};
use crate::{Estimates, Placement, fits, needs};
use golf_record::Entry;

impl Estimates {
    /// Every entry that has been counted on every board's cores: `boards.csv`.
    pub fn boards_csv(&self, entries: &[Entry]) -> String {
        let mut rows = vec![
            "board,core,slug,target,counted,image_in,image_short_bytes,ram_in,ram_short_bytes,instructions_per_token,image_bytes,ram_bytes,\
             seconds_low,seconds_high,millijoules_low,millijoules_high,floor_seconds"
                .split(',')
                .map(String::from)
                .collect::<Vec<_>>(),
        ];
        for (board, entry) in self.boards.iter().flat_map(|board| entries.iter().map(move |entry| (board, entry))) {
            for fit in fits(board, &entry.simulations) {
                let room = |room: Placement<'_>| match room {
                    Placement::In(memory) => [memory.name.clone(), "0".into()],
                    Placement::Short(bytes) => [String::new(), bytes.to_string()],
                };
                let estimate = fit.estimate();
                let number = |value: Option<f64>| value.map(|value| format!("{value:.6}")).unwrap_or_default();
                let energy = estimate.and_then(|estimate| estimate.millijoules);
                let count = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
                let mut row = vec![
                    board.slug.clone(),
                    fit.core.id.into(),
                    entry.slug.clone(),
                    fit.core.target.unwrap_or_default().into(),
                    fit.counted.is_some().to_string(),
                ];
                row.extend(room(fit.flash));
                row.extend(room(fit.ram));
                row.extend([
                    count(fit.counted.and_then(|figures| figures.instructions_per_token())),
                    count(fit.counted.map(|figures| needs(figures).image)),
                    count(fit.counted.map(|figures| needs(figures).ram)),
                    number(estimate.map(|estimate| estimate.seconds.low)),
                    number(estimate.map(|estimate| estimate.seconds.high)),
                    number(energy.map(|energy| energy.low)),
                    number(energy.map(|energy| energy.high)),
                    number(estimate.and_then(|estimate| estimate.floor_seconds)),
                ]);
                rows.push(row);
            }
        }
        csv(rows)
    }

    /// Operations, bytes and picojoules of a token by entry, format and part: `energy.csv`.
    pub fn energy_csv(&self) -> String {
        let mut rows = vec![
            "slug,window,format,part,additions,byte_multiplications,multiplications,lookups,functions,weight_bytes,state_bytes,\
             arithmetic_pj,state_pj,weights_sram_pj,weights_dram_low_pj,weights_dram_high_pj"
                .split(',')
                .map(String::from)
                .collect::<Vec<_>>(),
        ];
        for (slug, workload) in &self.workloads {
            for format in Format::ALL {
                for (name, part) in PARTS.iter().zip(&workload.parts[format as usize]) {
                    let energy = HOROWITZ.energy(part, format);
                    let mut row =
                        vec![slug.clone(), workload.window.to_string(), format.name().into(), name.to_string()];
                    let counts =
                        [part.additions, part.byte_multiplications, part.multiplications, part.lookups, part.functions];
                    row.extend(counts.iter().chain(&[part.weight_bytes, part.state_bytes]).map(u64::to_string));
                    let picojoules = [
                        energy.arithmetic,
                        energy.state,
                        energy.weights_sram,
                        energy.weights_dram_low,
                        energy.weights_dram_high,
                    ];
                    row.extend(picojoules.map(|value| format!("{value:.0}")));
                    rows.push(row);
                }
            }
        }
        csv(rows)
    }
}

fn csv(rows: Vec<Vec<String>>) -> String {
    let mut csv = csv::Writer::from_writer(vec![]);
    rows.iter().for_each(|row| csv.write_record(row).expect("to memory"));
    String::from_utf8(csv.into_inner().expect("to memory")).expect("written from strings")
}
