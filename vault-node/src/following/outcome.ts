/**
 * Waits for what may fail, and keeps the failure for later: whoever has not shown who they are yet is told nothing of it.
 * What is returned gives the result, or throws what was thrown.
 */
export async function outcomeOf<T>(asked: Promise<T>): Promise<() => T> {
  try {
    const result = await asked
    return () => result
  } catch (error) {
    return () => {
      throw error
    }
  }
}
