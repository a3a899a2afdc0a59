/**
 * Results that are too large to send at once: output of programs, long answers. Each belongs to an owner, the
 * `callerKey` of who made it; to all others it does not exist.
 *
 * A driver promises: ids that cannot be guessed; bounds on bytes and number, for each owner and in total; an end to the
 * life of each artifact; text that is never cut inside a character. `testArtifactStore` checks it.
 */
export interface ArtifactStore {
  /**
   * Starts an artifact that grows as it is written and can be read meanwhile.
   *
   * @throws {ToolError} `ARTIFACT_QUOTA` where there is no room even without those that may go.
   */
  create(owner: string, options?: ArtifactOptions): Promise<ArtifactWriter>;
  /**
   * Takes over a finished file: afterwards it is the artifact, and no longer where it was. Fails as a whole or not at
   * all.
   *
   * @throws {ToolError} `ARTIFACT_QUOTA`
   * @throws {ToolyardError} `NOT_A_FILE` for anything but a regular file.
   */
  adopt(owner: string, path: string, options?: ArtifactOptions): Promise<ArtifactInfo>;
  /**
   * Reads a part: by bytes, by lines, or the last lines. Without a range, from the start.
   *
   * @throws {ToolError} `ARTIFACT_NOT_FOUND`; the same for what belongs to somebody else.
   */
  read(owner: string, id: string, range?: ArtifactRange): Promise<ArtifactPart>;
  /**
   * Finds lines, in time linear in their length, whatever the pattern.
   *
   * @throws {ToolError} `ARTIFACT_NOT_FOUND`, `INVALID_PATTERN`
   */
  search(
    owner: string,
    id: string,
    query: ArtifactQuery,
    options?: ArtifactSearchOptions,
  ): Promise<ArtifactSearchResult>;
  /** @throws {ToolError} `ARTIFACT_NOT_FOUND` */
  info(owner: string, id: string): Promise<ArtifactInfo>;
  /** What the owner has, oldest first. */
  list(owner: string): Promise<readonly ArtifactInfo[]>;
  /** Resolves also when there is nothing to delete. A writer that is still open fails from then on. */
  delete(owner: string, id: string): Promise<void>;
  /** Calls `listener` after an artifact has grown, ended or gone. Returns the way to stop. */
  onChange(listener: (change: ArtifactChange) => void): () => void;
  /** Ends everything that is being written, and gives up what it holds. */
  close(): Promise<void>;
}

/** What is known of an artifact when it starts. */
export interface ArtifactOptions {
  /** For people: `npm test`. */
  readonly name?: string | undefined;
  /** Default: `text/plain`. Text is what starts with `text/`, JSON and XML; ranges of it keep characters whole. */
  readonly mimeType?: string | undefined;
}

/** What is known of an artifact. */
export interface ArtifactInfo {
  readonly id: string;
  readonly name: string | undefined;
  readonly mimeType: string;
  readonly bytes: number;
  /** Lines, one without an end at its end included. */
  readonly lines: number;
  /** Whether nothing more will come. */
  readonly isComplete: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** When it goes, in milliseconds since the epoch. Each write puts it off. */
  readonly expiresAt: number;
}

/** Writes one artifact. Close it with `end()`, or nobody knows that it is complete. */
export interface ArtifactWriter {
  readonly id: string;
  /**
   * Adds to the end; in order, also without waiting. Resolves once it can be read.
   *
   * @throws {ToolError} `ARTIFACT_QUOTA`: nothing of it was written; what is there stays.
   * @throws {ToolError} `ARTIFACT_NOT_FOUND` once it was deleted, has expired, or the store was closed.
   */
  write(data: string | Uint8Array): Promise<void>;
  end(): Promise<ArtifactInfo>;
}

/** A part of an artifact. Lines count from 1, bytes from 0. */
export type ArtifactRange =
  | { readonly from?: number | undefined; readonly bytes?: number | undefined }
  | { readonly fromLine: number; readonly lines?: number | undefined; readonly bytes?: number | undefined }
  | { readonly lastLines: number; readonly bytes?: number | undefined };

/** What was read. */
export interface ArtifactPart {
  readonly data: Uint8Array;
  /** `data` as text. */
  readonly text: string;
  /** Where it starts, which for text is where a character does. */
  readonly from: number;
  /** Where the next part starts; `undefined` when this one reaches the end, to which more may be added. */
  readonly next: number | undefined;
  /** The line that the next part starts in; known where lines were asked for. */
  readonly nextLine: number | undefined;
  readonly info: ArtifactInfo;
}

/** What to look for: a literal text, or a pattern in the syntax of RE2. */
export type ArtifactQuery =
  | { readonly text: string; readonly ignoreCase?: boolean | undefined; readonly pattern?: undefined }
  | { readonly pattern: string; readonly ignoreCase?: boolean | undefined; readonly text?: undefined };

/** Bounds of one search. */
export interface ArtifactSearchOptions {
  /** Where to start: `next` of the search before. Default: 0. */
  readonly from?: number | undefined;
  /** Default: 50, at most 1 000. */
  readonly maxMatches?: number | undefined;
  /** Looked at in one call. Default: 16 MiB, which is also the most. */
  readonly maxBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A line in which something was found. */
export interface ArtifactMatch {
  readonly line: number;
  /** The byte that the line starts at. */
  readonly from: number;
  /** The line, or 500 characters of it around the match. */
  readonly text: string;
}

/** What was found. */
export interface ArtifactSearchResult {
  readonly matches: readonly ArtifactMatch[];
  /** Where to go on; `undefined` when everything was looked at. */
  readonly next: number | undefined;
}

/** What has happened to an artifact. */
export interface ArtifactChange {
  readonly kind: 'grown' | 'completed' | 'removed';
  readonly owner: string;
  readonly id: string;
}

/** The URI of an artifact, as clients read it. */
export function artifactUri(id: string): string {
  return `artifact://${id}`;
}
