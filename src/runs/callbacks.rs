//! Callbacks of ended runs: signatures (Standard Webhooks) and deliveries.
