// A client of `mcp` with a TypeScript SDK: `workout_client.mjs FOLDER URL TOKEN`, with the folder of its package. Lists the tools, calls
// those that read with nothing but what is required, logs a workout, and writes the names of the tools called to standard output.

import { moduleOf } from "./packages.mjs";

const [folder, url, token] = process.argv.slice(2);

// Version 1 has a module for each class, version 2 one for all.
const isFirst = folder.includes("sdk-1");
const { Client } = await moduleOf(folder, isFirst ? "./client/index.js" : ".");
const { StreamableHTTPClientTransport } = await moduleOf(folder, isFirst ? "./client/streamableHttp.js" : ".");

const headers = { Authorization: `Bearer ${token}` };
const client = new Client({ name: "workout-client", version: "1.0.0" });
await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));

const { tools } = await client.listTools();
const called = [];

// The SDK checks the result against the tool's output schema.
async function call(name, given) {
  const result = await client.callTool({ name, arguments: given });
  if (result.isError || !result.structuredContent) throw new Error(`${name}: ${JSON.stringify(result)}`);
  called.push(name);
  return result.structuredContent;
}

const sets = [{ reps: 5, weight: 100, unit: "kg", rpe: 8 }];
const { workout } = await call("create_workout", { exercises: [{ exercise_id: "Squat (Barbell)", sets }] });
await call("correct_set", { workout_id: workout.id, exercise: "barbell-back-squat", set: 1, reps: 6 });
const samples = { exercise: "squat", exercises: ["squat"], query: "bench press" };
for (const { name, inputSchema } of tools.filter((it) => it.annotations?.readOnlyHint)) {
  const required = inputSchema.required ?? [];
  await call(name, Object.fromEntries(required.map((key) => [key, samples[key] ?? workout.id])));
}
await call("list_workouts", { limit: 5, since: "2026-01-01" });
await client.close();
console.log(JSON.stringify({ tools: tools.map((it) => it.name), called }));
