//! Backtest of the next weight: `cargo run --example backtest`.
//!
//! Synthetic lifters follow programmes of which the next load is known. At each session, the suggestion from the log so far is
//! compared with what the programme loads. Nothing is random: every run gives the same figures.

mod simulation;
mod version_0_2;

use simulation::{Aim, PROGRAMMES, Share, share};

fn main() {
    println!("suggestions within one step of what the programme loads, in percent");
    println!(
        "programme                     | decisions | target given | target from the log | version 0.2"
    );
    println!(
        "------------------------------|-----------|--------------|---------------------|------------"
    );
    let mut all = [Share::default(); 3];
    for programme in PROGRAMMES {
        let shares = [
            share(programme, |log, range| {
                simulation::suggested(log, Aim::Given(range))
            }),
            share(programme, |log, _| simulation::suggested(log, Aim::Log)),
            share(programme, |log, _| version_0_2::suggested(log)),
        ];
        print(programme.name(), &shares);
        for (all, share) in all.iter_mut().zip(shares) {
            all.add(share);
        }
    }
    print("all", &all);
}

fn print(name: &str, [given, log, old]: &[Share; 3]) {
    println!(
        "{name:<29} | {:9} | {:12.1} | {:19.1} | {:11.1}",
        given.decisions,
        given.percent(),
        log.percent(),
        old.percent()
    );
}
