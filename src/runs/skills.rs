//! Skills: steps that are run by hand, by a webhook or on a schedule.
