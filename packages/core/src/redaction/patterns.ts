/** What one kind of secret looks like. */
export interface SecretPattern {
  readonly pattern: RegExp;
  /** Part of every match: text without it need not be searched. */
  readonly needs?: string;
}

/** The shortest text that any of the patterns matches. */
export const MIN_MATCH_LENGTH = 9;

/**
 * What secrets look like. A group named `keep` at the start of a pattern stays readable.
 *
 * All are linear in the length of the text, which a test measures: they start at a literal or at the start of a word,
 * what repeats without a bound cannot be entered at a second place, and nothing repeats inside a repetition.
 */
export const secretPatterns: readonly SecretPattern[] = [
  // The end may be missing: half a key is still a key. The bound is twice the largest key in use.
  {
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----)){0,32768}(?:-----END [A-Z0-9 ]{0,40}-----)?/g,
    needs: '-----BEGIN',
  },
  // JSON Web Tokens
  { pattern: /(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*/g, needs: 'eyJ' },
  // Authorization headers; a digit tells a token from the words after "basic"
  { pattern: /(?<keep>\b(?:bearer|basic|token)[ \t]{1,4})(?=[a-z_.~+/-]*\d)[\w.~+/-]{16,}={0,2}/gi },
  // AWS, Google, Azure
  { pattern: /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g },
  { pattern: /\bAIza[\w-]{35}/g, needs: 'AIza' },
  { pattern: /\bya29\.[\w-]{20,}/g, needs: 'ya29.' },
  { pattern: /(?<keep>\bAccountKey=)[\w+/=]{40,}/g, needs: 'AccountKey=' },
  // GitHub, GitLab, npm, PyPI
  { pattern: /\bgh[oprsu]_[A-Za-z0-9]{36,}/g, needs: 'gh' },
  { pattern: /\bgithub_pat_\w{22,}/g, needs: 'github_pat_' },
  { pattern: /(?<![\w-])glpat-[\w-]{20,}/g, needs: 'glpat-' },
  { pattern: /\bnpm_[A-Za-z0-9]{36,}/g, needs: 'npm_' },
  { pattern: /(?<![\w-])pypi-[\w-]{50,}/g, needs: 'pypi-' },
  // OpenAI, Anthropic and those who copied them; Hugging Face, Stripe, Slack, SendGrid
  { pattern: /(?<![\w-])sk-(?=[a-z_-]*[0-9A-Z])[\w-]{20,}/g, needs: 'sk-' },
  { pattern: /\bhf_[A-Za-z0-9]{30,}/g, needs: 'hf_' },
  { pattern: /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/g, needs: 'k_' },
  { pattern: /(?<![\w-])xox[abeoprs]-[A-Za-z0-9-]{10,}/g, needs: 'xox' },
  { pattern: /(?<![\w-])SG\.[\w-]{16,}\.[\w-]{16,}/g, needs: 'SG.' },
  // The password in a URL
  {
    pattern: /(?<keep>(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/?#:@]{0,100}:)[^\s/?#@]{1,200}(?=@)/gi,
    needs: '://',
  },
  // The value in a query or connection string, and in the lines of an environment file
  {
    pattern:
      /(?<keep>[?&;](?:password|passwd|pwd|access_token|refresh_token|id_token|auth_token|token|api_?key|client_secret|secret|sig|signature|x-amz-signature|x-amz-security-token)=)[^\s&#;"']{4,}/gi,
    needs: '=',
  },
  {
    pattern:
      /(?<keep>(?<!\w)[A-Z0-9_]{0,64}(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_KEY|PRIVATE_KEY|SECRET_KEY|CREDENTIALS)=["']?)[^\s"']{4,}/g,
    needs: '=',
  },
];

/** Names of properties whose values are secret whatever they look like; compared by {@link normalizeKey}. */
export const secretKeys: readonly string[] = [
  'accesstoken',
  'apikey',
  'apisecret',
  'authorization',
  'authtoken',
  'bearertoken',
  'clientsecret',
  'connectionstring',
  'cookie',
  'credential',
  'credentials',
  'idtoken',
  'passphrase',
  'passwd',
  'password',
  'privatekey',
  'proxyauthorization',
  'pwd',
  'refreshtoken',
  'secret',
  'secretaccesskey',
  'secretkey',
  'sessiontoken',
  'setcookie',
  'token',
  'xapikey',
];

/** `X-Api-Key`, `xApiKey` and `x_api_key` are one key. */
export function normalizeKey(key: string): string {
  return key.replaceAll(/[-_. ]/g, '').toLowerCase();
}
