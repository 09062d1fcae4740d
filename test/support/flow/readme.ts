const FLOW = /(<!-- flow: written by `npm run schema` -->\n)[\s\S]*?(\n<!-- \/flow -->)/;

/** The README with this flow in its place. @throws Error where it has no place for one */
export function withFlow(readme: string, flow: string): string {
  if (!FLOW.test(readme)) throw new Error('the README has no place for the flow');
  return readme.replace(FLOW, (_, begin: string, end: string) => `${begin}\`\`\`\n${flow}\n\`\`\`${end}`);
}
