import ts from 'typescript';
import type { Source } from './source.ts';

/** The lines of all comments. Strings are none, whatever they hold. */
export function commentsOf(source: Source): { line: number; text: string }[] {
  const ranges = new Map<number, ts.CommentRange>();
  const collect = (node: ts.Node) => {
    const around = [
      ...(ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? []),
      ...(ts.getTrailingCommentRanges(source.text, node.getEnd()) ?? []),
    ];
    for (const range of around) ranges.set(range.pos, range);
    for (const child of node.getChildren(source.tree)) collect(child);
  };
  collect(source.tree);
  return [...ranges.values()].flatMap(({ pos, end }) => {
    const first = source.tree.getLineAndCharacterOfPosition(pos).line + 1;
    const lines = source.text.slice(pos, end).split('\n');
    return lines.map((text, i) => ({ line: first + i, text }));
  });
}
