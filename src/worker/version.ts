/** The version of this package, as a worker tells it to others; a test keeps it that of package.json. */
export const version = '0.1.0';
