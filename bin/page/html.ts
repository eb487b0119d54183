/** One page that opens offline, on a light or a dark background. */

export const escaped = (text: string) =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

/** The browser itself is told to load nothing and to run nothing. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

export interface Page {
  readonly title: string;
  /** Rules of this page, after those of every page. */
  readonly style: string;
  /** HTML; what comes from elsewhere is escaped in it. */
  readonly body: string;
}

export const pageOf = ({ title, style, body }: Page) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>
  :root {
    color-scheme: light dark;
    --text: #1f2328; --quiet: #59636e; --line: #d1d9e0; --ground: #ffffff; --box: #f6f8fa;
    --blue: #0072b2; --orange: #d55e00; --good: #1a7f37; --bad: #cf222e; --grey: #8c959f;
  }
  @media (prefers-color-scheme: dark) {
    :root {
      --text: #e6edf3; --quiet: #9198a1; --line: #3d444d; --ground: #0d1117; --box: #151b23;
      --blue: #56b4e9; --orange: #e69f00; --good: #3fb950; --bad: #f85149; --grey: #768390;
    }
  }
  body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; padding: 0 1.5rem; color: var(--text); background: var(--ground); }
  h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .5rem; }
  h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
  svg { max-width: 100%; height: auto; display: block; }
  pre { overflow-x: auto; font-size: 12px; line-height: 1.35; background: var(--box); padding: 1rem; }
${style}
</style>
</head>
<body>
${body}
</body>
</html>
`;
