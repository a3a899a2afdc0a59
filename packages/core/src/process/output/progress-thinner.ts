/** Thins what programs draw over and over in one line, in a text that comes in pieces. */
export interface ProgressThinner {
  write(piece: string): string;
  end(): string;
}

/** A frame that is longer is text like all other. */
const MAX_FRAME = 4_096;

/**
 * A program that draws its progress returns to the start of the line and writes over it. Of these frames the first,
 * second, fourth, eighth … and the last are kept, each in a line of its own: a few lines however long it goes on, the
 * next never far away, and no clock decides. Line ends stay what they are.
 */
export function progressThinner(): ProgressThinner {
  /** Of the line so far: frames that began, the first included. */
  let frames = 1;
  /** A `\r` has come, and not yet what tells a line end from a new frame. */
  let isReturned = false;
  /** The frame that is held back; `undefined` where text passes through. */
  let frame: string | undefined;
  /** Whether the frame is kept, and held back only as long as it is blank. */
  let isKept = false;

  function write(piece: string): string {
    if (!isReturned && frame === undefined && frames === 1 && !piece.includes('\r')) return piece;
    let shown = '';
    let from = 0;
    while (from < piece.length) {
      if (isReturned) {
        if (piece[from] === '\r') {
          from += 1;
          continue;
        }
        isReturned = false;
        if (piece[from] === '\n') {
          shown += endLine('\r\n');
          from += 1;
        } else {
          startFrame();
        }
        continue;
      }
      const end = endOfRun(piece, from);
      shown += pass(piece.slice(from, end));
      from = end;
      if (piece[from] === '\n') shown += endLine('\n');
      else if (piece[from] === '\r') isReturned = true;
      from += 1;
    }
    return shown;
  }

  function pass(text: string): string {
    if (frame === undefined) return text;
    frame += text;
    if (frame.length <= MAX_FRAME && (!isKept || frame.trim() === '')) return '';
    const shown = `\n${frame}`;
    frame = undefined;
    return shown;
  }

  function startFrame(): void {
    frames += 1;
    frame = '';
    isKept = Number.isInteger(Math.log2(frames));
  }

  function endFrame(): string {
    const last = frame ?? '';
    frame = undefined;
    return last.trim() === '' ? '' : `\n${last}`;
  }

  function endLine(lineEnd: string): string {
    frames = 1;
    return endFrame() + lineEnd;
  }

  return {
    write,
    end() {
      const text = endFrame();
      return isReturned ? `${text}\r` : text;
    },
  };
}

/** The next `\r` or `\n`, or the end. */
function endOfRun(text: string, from: number): number {
  for (let index = from; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x0a || code === 0x0d) return index;
  }
  return text.length;
}
