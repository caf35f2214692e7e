/** Whether the promise resolves within so many milliseconds; rejects if it does. */
export async function within(ms: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const isUp = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true), isUp]);
  } finally {
    clearTimeout(timer);
  }
}
