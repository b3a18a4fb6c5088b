/** Names of files that usually hold secrets: nothing of them is suggested, recorded or put into a prompt. */
const SECRET_NAMES: readonly RegExp[] = [
  /^\.env(\..+)?$/i,
  /\.env$/i,
  /^\.(npmrc|pypirc|netrc|pgpass|my\.cnf|git-credentials|htpasswd|dockercfg|boto|s3cfg)$/i,
  /^_netrc$/i,
  /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/i,
  /\.(pem|key|p8|p12|pfx|pkcs12|jks|keystore|kdbx?|ppk|asc|gpg|ovpn)$/i,
  /^(credentials|secrets?)(\.(json|ya?ml|toml|ini|xml|properties|txt))?$/i,
  /^(service[-_]?account|client[-_]secret).*\.json$/i,
  /\.tfvars(\.json)?$/i,
  /\.tfstate(\.backup)?$/i,
  /^(wallet|keystore)\.(json|dat)$/i,
  /^UTC--.+--[0-9a-f]{40}$/i,
];

/** Files that look secret by name but are made to be shared. */
const HARMLESS_NAMES = /^\.env\.(example|sample|template|dist|defaults)$/i;

/** Folders whose files are keys and credentials, whatever their names. */
const SECRET_FOLDERS: ReadonlySet<string> = new Set([".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker"]);

/** Whether a path looks like one of a file that holds secrets. */
export function looksSecret(path: string): boolean {
  const parts = path.split("/");
  const name = parts.pop() ?? "";
  if (parts.some((part) => SECRET_FOLDERS.has(part.toLowerCase()))) {
    return true;
  }
  return !HARMLESS_NAMES.test(name) && SECRET_NAMES.some((pattern) => pattern.test(name));
}
