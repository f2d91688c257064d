// Numbers and dates as the reader writes them, and the names of tools and zones. Pure.

const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const changes = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2, signDisplay: 'exceptZero' });
// Days are UTC midnights; another time zone would show the day before.
const day = (options) => new Intl.DateTimeFormat(undefined, { timeZone: 'UTC', ...options });
const shortDay = day({ day: 'numeric', month: 'short' });
const longDay = day({ day: 'numeric', month: 'short', year: 'numeric' });
const instant = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const monthOf = day({ month: 'short', year: '2-digit' });

/** The text, cut to `most` letters. */
export const shortened = (text, most = 18) => (text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text);
export const amount = (value) => numbers.format(value);
export const change = (value) => changes.format(value);
export const dayShort = (at) => shortDay.format(at);
export const dayLong = (at) => longDay.format(at);
/** A time in the reader's own zone. */
export const moment = (at) => instant.format(at);
export const month = (at) => monthOf.format(at);
/** "17–23 Nov 2026" */
export const days = (from, to) => longDay.formatRange(from, to);
/** What a peer has sent, if it is a text. */
export const textOf = (value) => (typeof value === 'string' ? value : '');
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export function seconds(ms) {
  if (ms < 1000) return `${amount(Math.max(0.1, ms / 1000))} s`;
  return ms < 60_000 ? `${amount(ms / 1000)} s` : `${amount(ms / 60_000)} min`;
}

/** [while it runs, when it is done] */
const TOOLS = {
  list_exercises: ['Looking up exercises', 'Looked up exercises'],
  create_exercise: ['Creating an exercise', 'Created an exercise'],
  update_exercise: ['Changing an exercise', 'Changed an exercise'],
  list_workouts: ['Looking up workouts', 'Looked up workouts'],
  create_workout: ['Logging the workout', 'Logged the workout'],
  add_sets: ['Adding sets', 'Added sets'],
  correct_set: ['Correcting a set', 'Corrected a set'],
  update_workout: ['Changing the workout', 'Changed the workout'],
  delete_workout: ['Deleting the workout', 'Deleted the workout'],
  import_workouts: ['Reading the file', 'Read the file'],
  export_workouts: ['Exporting the log', 'Exported the log'],
  get_exercise_history: ['Looking up history', 'Looked up history'],
  analyze_progress: ['Analyzing progress', 'Analyzed progress'],
  suggest_next_weight: ['Working out the next weight', 'Worked out the next weight'],
  check_volume_landmarks: ['Checking weekly volume', 'Checked weekly volume'],
  list_plans: ['Looking up plans', 'Looked up plans'],
  create_workout_plan: ['Writing a plan', 'Wrote a plan'],
  modify_plan: ['Changing the plan', 'Changed the plan'],
  activate_plan: ['Activating the plan', 'Activated the plan'],
  delete_plan: ['Deleting the plan', 'Deleted the plan'],
  get_settings: ['Looking up settings', 'Looked up settings'],
  update_settings: ['Changing settings', 'Changed settings'],
  write_file: ['Writing a file', 'Wrote a file'],
  edit_file: ['Editing a file', 'Edited a file'],
  read_file: ['Reading a file', 'Read a file'],
  list_files: ['Looking at its files', 'Looked at its files'],
};

/** In a run, a tool's name stands behind that of its server. */
export const bareName = (name) => String(name).replace(/^prog_strength__/, '').replace('__', ': ');

export function toolWords(name, state) {
  const [running, done] = Object.hasOwn(TOOLS, name) ? TOOLS[name] : [name, name];
  return {
    running: `${running}…`,
    done: running === done ? `${name}: done` : done,
    failed: `${running}: failed`,
    unknown: `${running}: unfinished`,
    waiting: `${running}: waits for you`,
    declined: `${running}: declined`,
    expired: `${running}: expired`,
    unanswered: `${running}: not confirmed`,
  }[state] ?? name;
}

/** What the call is about, from its input: an exercise, a muscle, a name. */
export function toolSubject(input) {
  if (typeof input?.path === 'string') return shortened(input.path, 40);
  for (const key of ['exercise', 'muscle_group', 'name', 'week']) {
    const value = input?.[key];
    if (typeof value === 'string' && value.trim() !== '') {
      const words = key === 'week' ? value.trim() : value.trim().replaceAll('_', ' ').replaceAll('-', ' ');
      return shortened(words, 40);
    }
  }
  return '';
}

const ZONES = {
  below_maintenance: 'below maintenance',
  maintenance: 'enough to maintain',
  below_productive: 'below the most productive range',
  productive: 'in the most productive range',
  high: 'above the most productive range',
  near_recoverable: 'close to MRV',
  over_recoverable: 'above MRV',
};
export const zoneWords = (zone) => (Object.hasOwn(ZONES, zone) ? ZONES[zone] : '');

export const PLATEAU = {
  yes: 'Plateau: no rise over at least 4 sessions and 21 days.',
  no: 'No plateau.',
};
