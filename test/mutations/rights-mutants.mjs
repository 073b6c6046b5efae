/** Safeguards of who may do what: principals whose roles and tokens change under load. */
export const rightsMutants = [
  {
    off: {
      'policy-of-a-commit-holds-before-it-is-told': {
        becomes:
          'this.#pass(commits.slice(passed)); passed = commits.length; this.#with.policy.take(commit); this.#with.onChanged(commit.revision); continue;',
      },
    },
  },
  { off: { 'watch-ends-with-its-right': 'always' } },
  { off: { 'request-needs-its-right': 'drop' } },
  { off: { 'late-answer-needs-its-right-then': 'drop' } },
  { off: { 'denial-within-a-subtree-denies-it': 'never' } },
  { off: { 'rights-follow-their-roles': 'never' } },
  { off: { 'policy-is-read-before-anybody-is-served': 'drop' } },
  { off: { 'disabled-token-ends-its-sessions': 'never' } },
  { off: { 'disabled-token-is-refused': 'never' } },
  { off: { 'each-operation-is-judged': 'drop' } },
  { off: { 'revoked-watch-is-closed': 'drop' } },
].map((mutant) => ({ ...mutant, engine: 'rights' }));
