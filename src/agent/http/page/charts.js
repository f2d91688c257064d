// Chooses the chart for a tool result. Unknown shapes are not drawn.

import { el } from './dom.js';
import { lineChart } from './linechart.js';
import { exerciseHistory, progress, volumeWeek } from './shapes.js';
import { volumeChart } from './volumechart.js';

const overTime = (model) => {
  if (!model) return null;
  if (model.points.length === 1) return el('p', { class: 'chart-note' }, `${model.name}: only one session so far, too few for a chart.`);
  return lineChart(model);
};

const DRAWN = {
  analyze_progress: (structured) => overTime(progress(structured)),
  get_exercise_history: (structured) => overTime(exerciseHistory(structured)),
  check_volume_landmarks: (structured) => {
    const week = volumeWeek(structured);
    return week && volumeChart(week);
  },
};

/** A node for the tool's result, or null. */
export function chartOf(name, structured) {
  if (!Object.hasOwn(DRAWN, name) || structured === null || typeof structured !== 'object') return null;
  try {
    return DRAWN[name](structured);
  } catch (error) {
    // The answer's text says the same; a failed chart must not break it.
    console.warn('A chart could not be drawn', error);
    return null;
  }
}
