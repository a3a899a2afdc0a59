import type { Check, ScenarioResult, SuiteResult } from './suite.ts';

/** How many checks of a status some scenarios have. */
export function count(scenarios: readonly ScenarioResult[], status: Check['status']): number {
  return scenarios.flatMap(({ checks }) => checks).filter((check) => check.status === status).length;
}

/** What failed, or earned a warning, one line each. */
export function problems(scenarios: readonly ScenarioResult[]): string[] {
  return scenarios.flatMap(({ name, checks }) =>
    checks
      .filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
      .map(
        ({ id, status, description, errorMessage }) =>
          `${status} ${name} ${id}: ${errorMessage ?? description}`,
      ),
  );
}

/** Whether something a revision requires failed. */
export function failed({ scenarios, exitCode }: SuiteResult): boolean {
  return (
    exitCode !== 0 ||
    count(
      scenarios.filter(({ scored }) => scored),
      'FAILURE',
    ) > 0
  );
}

/** A run as lines of text: each scenario, what it failed, and the totals. */
export function summarize(result: SuiteResult): string {
  const { revision, leg, scenarios, directory } = result;
  const scored = scenarios.filter((scenario) => scenario.scored);
  const others = scenarios.filter((scenario) => !scenario.scored);
  return [
    `${leg}, requirements ${revision}`,
    ...scored.flatMap(describe),
    ...(others.length > 0 ? ['  not scored:', ...others.flatMap(describe)] : []),
    `  scored:     ${totals(scored)}`,
    `  all:        ${totals(scenarios)}`,
    `  results in  ${directory}`,
    '',
  ].join('\n');
}

function describe(scenario: ScenarioResult): string[] {
  const failures = count([scenario], 'FAILURE');
  const warnings = count([scenario], 'WARNING');
  const counts = [
    `${count([scenario], 'SUCCESS')} passed`,
    ...(failures > 0 ? [`${failures} failed`] : []),
    ...(warnings > 0 ? [`${warnings} warnings`] : []),
  ];
  return [
    `  ${failures === 0 ? '✓' : '✗'} ${scenario.name}: ${counts.join(', ')}`,
    ...problems([scenario]).map((problem) => `        ${problem}`),
  ];
}

function totals(scenarios: readonly ScenarioResult[]): string {
  const passed = scenarios.filter((scenario) => count([scenario], 'FAILURE') === 0).length;
  const checks = `${count(scenarios, 'SUCCESS')} checks passed, ${count(scenarios, 'FAILURE')} failed`;
  return `${passed} of ${scenarios.length} scenarios, ${checks}, ${count(scenarios, 'WARNING')} warnings`;
}
