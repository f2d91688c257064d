//! How messages name what can be said beside a file: the arguments of the tool, or the options of the command.

#[derive(Clone, Copy, Debug)]
pub struct Words {
    pub weight_unit: &'static str,
    pub date_order: &'static str,
    pub time_zone: &'static str,
    pub names: &'static str,
    pub create: &'static str,
    pub on_error: &'static str,
}

/// Those of the tool.
pub const ARGUMENTS: Words = Words {
    weight_unit: "weight_unit",
    date_order: "date_order",
    time_zone: "client_timezone",
    names: "names",
    create: "create",
    on_error: "on_error",
};

/// Those of the command.
pub const OPTIONS: Words = Words {
    weight_unit: "--weight-unit",
    date_order: "--date-order",
    time_zone: "--time-zone",
    names: "--name",
    create: "--create",
    on_error: "--on-error",
};
