//! Files of runs: object storage and signed download URLs.
