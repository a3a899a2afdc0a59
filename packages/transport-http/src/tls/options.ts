/** A certificate and its key, as PEM. */
export interface TlsPair {
  /** The private key. */
  readonly key: string | Uint8Array;
  /** The certificate, followed by those of the authorities between it and the root. */
  readonly cert: string | Uint8Array;
  /** Authorities whose client certificates are trusted; several in one text. For `clientCertificates`. */
  readonly ca?: string | Uint8Array | undefined;
}

/** The same, as the paths of files. They are watched: what replaces them is served without a restart. */
export interface TlsFiles {
  readonly keyFile: string;
  readonly certFile: string;
  readonly caFile?: string | undefined;
}

/** What holds whichever certificate is served. */
export interface TlsSettings {
  /** Of an encrypted key. */
  readonly passphrase?: string | undefined;
  /** Default `TLSv1.3`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
  /**
   * Mutual TLS; needs `ca` or `caFile`. With `require`, nobody else gets a connection. With `request`, clients without
   * a certificate, or with a bad one, are served too. Who they are is for `auth` to tell: see `certificateAuth`.
   */
  readonly clientCertificates?: 'require' | 'request' | undefined;
}

/** TLS of `serveHttp`. */
export type TlsOptions = TlsSettings & ((TlsPair & Without<TlsFiles>) | (TlsFiles & Without<TlsPair>));

type Without<T> = { readonly [Name in keyof T]?: undefined };
