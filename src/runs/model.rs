//! Runs, their journal, skills, connections and deliveries as data.
