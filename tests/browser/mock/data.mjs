// Structured tool results, as of the workout server.

const DAY = 86_400_000;
const date = (start, days) => new Date(Date.parse(start) + days * DAY).toISOString().slice(0, 10);

const MAXIMA = [214.2, 216.8, 215.1, 219.4, 220.2, 218.6, 222.7, 225.3, 224.1, 226.9, 229.4, 228.2, 231.8, 233.1, 232.4, 236.3];
const POINTS = MAXIMA.map((e1rm, at) => ({ date: date('2026-09-21', Math.round(at * 3.6)), volume: 2550 + at * 41.5, e1rm }));

export const progress = {
  exercise_id: 'bench-press', name: 'Bench Press', unit: 'lb', time_period_days: 60, sessions: 16, sessions_per_week: 1.87,
  volume: { total: 45780, per_session: 2861.3, slope_per_week: 80.69, r_squared: 0.99 },
  e1rm: { first: 214.2, latest: 236.3, best: 236.3, slope_per_week: 2.71, r_squared: 0.95, low_confidence: false },
  plateau: 'no', best_sets: [{ date: '2026-11-14', weight: 205, reps: 5, e1rm: 236.3 }], points: POINTS, formula: 'Brzycki',
};

export const bodyweight = {
  ...progress, exercise_id: 'pull-up', name: 'Pull-up', e1rm: undefined, plateau: 'not_enough_data',
  points: POINTS.slice(0, 6).map(({ date, volume }) => ({ date, volume })),
};

export const history = {
  exercise_id: 'squat', name: 'Back Squat', unit: 'kg', days: 90, formula: 'Brzycki',
  sessions: [0, 1, 2, 3, 4].map((at) => ({
    workout_id: `w${at}`, date: date('2026-11-16', -9 * at), volume: 3000 - 50 * at, e1rm: 142.5 - 1.7 * at,
    sets: [{ reps: 5, weight: 120, unit: 'kg', is_warmup: false }],
  })),
};

const at = (min, max = min) => ({ min, max });
const MUSCLES = [
  ['chest', 14, 14, [4], [6], [12, 20], [20, 35], 'productive'],
  ['back', 11, 13.5, [6], [10], [14, 22], [20, 35], 'below_productive'],
  ['side_delts', 6, 6, [2, 6], [6, 8], [8, 24], [25, 40], 'below_productive'],
  ['rear_delts', 0, 5.5, [0], [6], [16, 22], [18, 35], 'maintenance'],
  ['front_delts', 3, 10, [0], [0], [6, 8], [12, 16], 'below_productive'],
  ['biceps', 6, 11.5, [4], [8], [14, 20], [20, 35], 'maintenance'],
  ['triceps', 17, 24, [4], [6], [10, 14], [16, 30], 'near_recoverable'],
  ['quads', 12, 12, [6], [8], [12, 18], [18, 30], 'productive'],
  ['hamstrings', 19, 19, [3], [4], [10, 16], [12, 18], 'over_recoverable'],
  ['glutes', 0, 9, [0], [0], [4, 12], [12, 30], 'below_productive'],
  ['calves', 0, 0, [6], [8], [12, 16], [16, 30], 'below_maintenance'],
  ['abs', 0, 0, [0], [0, 6], [16, 20], [10, 25], 'below_productive'],
  ['traps', 0, 2, [0], [0], [12, 20], [20, 35], 'below_productive'],
  ['forearms', 0, 3, [0], [2], [2, 8], [15, 25], 'maintenance'],
];

export const volume = {
  week_begins: '2026-11-16', week_ends: '2026-11-22', complete: false,
  muscles: [
    ...MUSCLES.map(([muscle, direct, fractional, mv, mev, mav, mrv, zone]) => ({
      muscle, direct, fractional, landmarks: { mv: at(...mv), mev: at(...mev), mav: at(...mav), mrv: at(...mrv) }, zone,
    })),
    { muscle: 'adductors', direct: 0, fractional: 0 },
    { muscle: 'lower_back', direct: 3, fractional: 6.5 },
  ],
  source: 'melvio/lifting-volumes-overview README, which cites Renaissance Periodization (rpstrength.com)',
  source_url: 'https://github.com/melvio/lifting-volumes-overview', as_of: '2026-11',
  note: 'working sets per muscle and week, intermediate lifters; general guidance for intermediate lifters, not medical advice',
};

export const odd = [
  null, 7, 'text', [], {}, { name: 'X', unit: 'lb', points: 'none' }, { name: '<img src=x onerror=alert(1)>', unit: 'lb', points: [{}] },
  { name: 5, unit: {}, points: [{ date: '2026-01-01', volume: 'many' }] },
  { week_begins: 'soon', week_ends: 'later', muscles: [{ muscle: 1 }] },
];

/** What a model under somebody else's influence might write. */
export const HOSTILE = `# <img src=x onerror="document.title='pwned'">

<script>alert(1)</script> and <b>bold?</b> <iframe src="https://evil.example/frame"></iframe>

[x](javascript:alert(1)) [y](JaVaScRiPt:alert(1)) [d](data:text/html,<script>alert(1)</script>) [r](/chat) [good](https://example.org/a?b=1)
[v](vbscript:msgbox) [f](file:///etc/passwd) [e]( javascript:alert(1)) [n](&#106;avascript:alert(1))

![x](http://evil.example/pixel.png) ![local](/page/icon.svg) [![inner](https://evil.example/i.png)](https://example.org/)

<style>body{display:none}</style> <svg onload=alert(1)><math><mi xlink:href="data:x,<script>alert(1)</script>">

\`\`\`html
<img src=x onerror=alert(1)>
\`\`\`

| a | <img src=x onerror=alert(1)> |
|---|:-:|
| \`<script>\` | [t](javascript:alert(1)) |

${'> '.repeat(300)}deep

${'- '.repeat(200)}deep
`;

export const RICH = `### Your bench press is moving

You gained **about 22 lb** of estimated maximum in eight weeks:

1. Work sets went from *185 × 5* to **205 × 5**
2. No plateau
   - the trend is +2.7 lb a week
   - ~~deload~~ not needed yet
3. Next time:
   \`\`\`
   Bench Press 3x5 @ 207.5 lb
   \`\`\`

| Week | Sets | Best set | e1RM (lb) | Note |
|---|--:|---|--:|---|
| 21 Sep | 6 | 185 x 5 | 214.2 | steady |
| 19 Oct | 6 | 195 x 5 | 225.3 | slept badly |
| 14 Nov | 6 | 205 x 5 | 236.3 | **best so far** |

> Add 2.5 lb next time if the last set leaves two reps in the tank.

See https://example.org/brzycki for the \`Brzycki\` formula.`;

/** A token with these claims, as its text says; the mock service looks at no signature. */
export const tokenOf = (claims) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`;
