//! The backtest of the next weight: see `examples/backtest`.

#[path = "../../../examples/backtest/simulation.rs"]
#[allow(dead_code, reason = "the command uses more of it")]
mod simulation;

use simulation::{Aim, PROGRAMMES, Programme, share, suggested};

#[test]
fn suggestions_are_within_a_step_of_what_the_programme_loads() {
    for programme in PROGRAMMES {
        let given = share(programme, |log, range| suggested(log, Aim::Given(range)));
        let logged = share(programme, |log, _| suggested(log, Aim::Log));
        let (given, logged) = (given.percent(), logged.percent());
        // Of 5/3/1, the log alone does not show what the next week is for; the third miss of 5x5 is one too many here.
        let (least_given, least_logged) = match programme {
            Programme::FiveThreeOne => (75.0, 35.0),
            Programme::FiveByFive => (85.0, 80.0),
            Programme::Double => (99.0, 90.0),
            Programme::Linear | Programme::Deloads => (99.0, 92.0),
        };
        assert!(given >= least_given, "{programme:?}: {given} %");
        assert!(
            logged >= least_logged,
            "{programme:?} from the log: {logged} %"
        );
    }
}
