/**
 * What secrets look like. A group named `keep` at the start of a pattern stays readable.
 *
 * All are linear in the length of the text, which a test measures: they start at a literal or at the start of a word,
 * what repeats without a bound cannot be entered at a second place, and nothing repeats inside a repetition.
 */
export const secretPatterns: readonly RegExp[] = [
  // The end may be missing: half a key is still a key. The bound is twice the largest key in use.
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----)){0,32768}(?:-----END [A-Z0-9 ]{0,40}-----)?/g,
  // JSON Web Tokens
  /(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*/g,
  // Authorization headers; a digit tells a token from the words after "basic"
  /(?<keep>\b(?:bearer|basic|token)[ \t]{1,4})(?=[a-z_.~+/-]*\d)[\w.~+/-]{16,}={0,2}/gi,
  // AWS, Google, Azure
  /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g,
  /\bAIza[\w-]{35}/g,
  /\bya29\.[\w-]{20,}/g,
  /(?<keep>\bAccountKey=)[\w+/=]{40,}/g,
  // GitHub, GitLab, npm, PyPI
  /\bgh[oprsu]_[A-Za-z0-9]{36,}/g,
  /\bgithub_pat_\w{22,}/g,
  /(?<![\w-])glpat-[\w-]{20,}/g,
  /\bnpm_[A-Za-z0-9]{36,}/g,
  /(?<![\w-])pypi-[\w-]{50,}/g,
  // OpenAI, Anthropic and those who copied them; Hugging Face, Stripe, Slack, SendGrid
  /(?<![\w-])sk-(?=[a-z_-]*[0-9A-Z])[\w-]{20,}/g,
  /\bhf_[A-Za-z0-9]{30,}/g,
  /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}/g,
  /(?<![\w-])xox[abeoprs]-[A-Za-z0-9-]{10,}/g,
  /(?<![\w-])SG\.[\w-]{16,}\.[\w-]{16,}/g,
  // The password in a URL
  /(?<keep>(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/?#:@]{0,100}:)[^\s/?#@]{1,200}(?=@)/gi,
  // The value in a query or connection string, and in the lines of an environment file
  /(?<keep>[?&;](?:password|passwd|pwd|access_token|refresh_token|id_token|auth_token|token|api_?key|client_secret|secret|sig|signature|x-amz-signature|x-amz-security-token)=)[^\s&#;"']{4,}/gi,
  /(?<keep>(?<!\w)[A-Z0-9_]{0,64}(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_KEY|PRIVATE_KEY|SECRET_KEY|CREDENTIALS)=["']?)[^\s"']{4,}/g,
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
