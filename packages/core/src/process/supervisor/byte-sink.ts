/** Takes the bytes that a program writes, in order. */
export interface ByteSink {
  /**
   * A promise holds the program back until it resolves. One that rejects closes the stream: the program learns of it
   * by SIGPIPE when it writes again.
   */
  write(chunk: Buffer): Promise<void> | void;
  /** Nothing more will come. */
  end?(): void;
}
