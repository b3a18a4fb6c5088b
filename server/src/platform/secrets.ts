/** Spellings of keys and tokens that services publish for scanners, and what secrets usually look like in code. */
const SECRETS: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  { name: "private key", pattern: /-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----/ },
  { name: "AWS access key", pattern: /\b(AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/ },
  { name: "GitHub token", pattern: /\b(gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})/ },
  { name: "GitLab token", pattern: /\bgl(pat|oas|rt|cbt|ptt|ft|soat)-[A-Za-z0-9_-]{20,}/ },
  { name: "Slack token", pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10,}/ },
  { name: "Slack web hook", pattern: /hooks\.slack\.com\/services\/[A-Za-z0-9/]{20,}/ },
  { name: "Google key", pattern: /\bAIza[A-Za-z0-9_-]{35}/ },
  { name: "Google token", pattern: /\bya29\.[A-Za-z0-9_-]{20,}/ },
  { name: "Stripe key", pattern: /\b[rs]k_(live|test)_[A-Za-z0-9]{16,}/ },
  { name: "npm token", pattern: /\bnpm_[A-Za-z0-9]{36}/ },
  { name: "PyPI token", pattern: /\bpypi-[A-Za-z0-9_-]{50,}/ },
  { name: "API key", pattern: /\bsk-[A-Za-z0-9_-]{20,}/ },
  { name: "Hugging Face token", pattern: /\bhf_[A-Za-z0-9]{30,}/ },
  { name: "SendGrid key", pattern: /\bSG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}/ },
  { name: "Azure storage key", pattern: /AccountKey=[A-Za-z0-9+/]{60,}=*/ },
  { name: "JSON Web Token", pattern: /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/ },
  { name: "password in a URL", pattern: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"'`]+:[^\s/:@"'`$<{]{3,}@[^\s/]/i },
  {
    name: "assigned secret",
    pattern:
      /(password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|mnemonic|auth)["'\w-]*\s*[:=]\s*["'`][^\s"'`${}<>]{8,}["'`]/i,
  },
  { name: "private key", pattern: /(private|secret|signing)[\w-]*["'\s:=]{1,8}(0x)?[0-9a-f]{64}\b/i },
];

/** The name of the first thing in a text that looks like a secret, or `null`. Errs on the side of finding one. */
export function findSecret(text: string): string | null {
  return SECRETS.find(({ pattern }) => pattern.test(text))?.name ?? null;
}
