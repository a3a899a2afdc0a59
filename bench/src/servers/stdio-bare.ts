import { runStdioServer } from '../stdio/run-stdio-server.ts';
import { answerTo } from './bare-answer.ts';

// The floor: for each chunk one split and one write, for each line one JSON.parse and one JSON.stringify. It checks nothing.

let rest = '';

function receive(chunk: string): void {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop()!;
  let answers = '';
  for (const line of lines) answers += `${JSON.stringify(answerTo(JSON.parse(line)))}\n`;
  process.stdout.write(answers);
}

runStdioServer(() => void process.stdin.setEncoding('utf8').on('data', receive));
