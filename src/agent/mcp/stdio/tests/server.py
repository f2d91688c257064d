"""An MCP server on standard input and output, with tools that misbehave. The first argument says how it begins and ends."""
import json, os, signal, subprocess, sys, time

mode = sys.argv[1] if len(sys.argv) > 1 else ""
if mode == "dies":
    print("no licence: s3cret", file=sys.stderr)
    sys.exit(3)
if mode == "silent":
    time.sleep(1000)
if mode == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

STUBBORN = "import signal,time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(1000)"
READS = ["echo", "environment", "crash_once", "big", "flood", "spawn", "never", "pid"]
WRITES = ["write", "crash", "write_big", "write_never"]


def text(value):
    return {"content": [{"type": "text", "text": str(value)}]}


def note(line):
    with open("writes.log", "a") as log:
        log.write(line + "\n")


def call(name, given):
    if name == "echo":
        print(given["text"], file=sys.stderr)
        return text(given["text"])
    if name == "pid":
        return text(os.getpid())
    if name == "environment":
        with open("/proc/self/environ") as environ:
            variables = environ.read().split("\0")
        return text(json.dumps({"cwd": os.getcwd(), "variables": sorted(filter(None, variables))}))
    if name == "crash_once":
        if not os.path.exists("crashed"):
            open("crashed", "w").close()
            os._exit(4)
        return text("second")
    if name == "spawn":
        child = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE)
        child.stdout.readline()
        return text(f"{os.getpid()} {child.pid}")
    if name == "flood":
        for _ in range(given["lines"]):
            sys.stderr.write("x" * 1023 + "\n")
        return text("flooded")
    if name in ("big", "write_big"):
        note(name)
        return text("y" * given["bytes"])
    if name == "write":
        note(given["text"])
        return text("written")
    if name == "crash":
        note("crash")
        os._exit(5)
    note(name)
    time.sleep(1000)


def answer(message):
    method = message["method"]
    if method == "initialize":
        info = {"name": "odd", "version": "1"}
        return {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "tools/list":
        schema = {"type": "object"}
        read = [{"name": n, "inputSchema": schema, "annotations": {"readOnlyHint": True}} for n in READS]
        return {"tools": read + [{"name": n, "inputSchema": schema} for n in WRITES]}
    return call(message["params"]["name"], message["params"]["arguments"])


print("a line that is no message", flush=True)
for line in sys.stdin:
    message = json.loads(line)
    if "id" in message:
        result = answer(message)
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
if mode == "stubborn":
    time.sleep(1000)
