  return exfiltrate(secrets);
