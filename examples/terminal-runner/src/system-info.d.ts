/** The state of the machine, without names, addresses, users or the environment. */
export interface SystemInfo {
  readonly platform: string;
  readonly release: string;
  readonly architecture: string;
  readonly nodeVersion: string;
  readonly cpu: {
    readonly model: string;
    readonly count: number;
    /** How many this process may use. */
    readonly available: number;
    /** Over 1, 5 and 15 minutes; zeros on Windows. */
    readonly loadAverage: readonly [number, number, number];
  };
  readonly memory: {
    readonly totalBytes: number;
    readonly freeBytes: number;
    /** The limit of the container, where there is one. */
    readonly limitBytes?: number;
    /** Of this server. */
    readonly processBytes: number;
  };
  /** Of the file system that holds the file root. */
  readonly disk: {
    readonly totalBytes: number;
    readonly freeBytes: number;
  };
  readonly uptimeSeconds: number;
  readonly processUptimeSeconds: number;
}
/** Reads the state of the machine now. `root` names the file system that is asked. */
export declare function readSystemInfo({ root }: { readonly root: string }): Promise<SystemInfo>;
//# sourceMappingURL=system-info.d.ts.map
