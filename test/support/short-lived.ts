/**
 * Words for Node of a process that lives for seconds: it begins with as much room for what is new as it would come to by itself, or a
 * seventh of its time goes into moving what a start makes from one small room to the next. No environment variable can say it.
 */
export const shortLived = ['--min-semi-space-size=16'];
