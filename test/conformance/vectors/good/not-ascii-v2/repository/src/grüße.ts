const größe = "日本語 😀";
const gruß = "👋🏽 नमस्ते" + größe;
