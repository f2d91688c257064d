// Files of the kinds that a message may hold, as small as they get, in base64.

export const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
export const JPEG = "/9j/4AAQSkZJRgABAQEASABIAAD/2Q==";
export const PDF = "JVBERi0xLjcKJSVFT0YK";
