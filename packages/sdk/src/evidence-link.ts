/** One link of the chain of proof that held, and what it says in plain words. */
export type EvidenceLink = { readonly link: string; readonly says: string }

/** Proves one link and puts down what it says. */
export type Prove = <T>(link: string, step: () => Promise<readonly [T, string]>) => Promise<T>
