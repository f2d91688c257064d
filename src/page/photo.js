// A photo for the question: read, checked, and made ready to be sent and shown.

import { amount } from './words.js';

const MB = 1024 * 1024;
/** The API's own limit for an edge, in pixels. */
const LONGEST_EDGE = 8000;
const THUMB_EDGE = 480;

/** What the reader is told. */
export class PhotoProblem extends Error {}

/** The type by the file's first bytes: its name may say anything, and the API compares. Null for any other. */
export function mediaType(bytes) {
  const starts = (...wanted) => wanted.every((byte, at) => bytes[at] === byte);
  const ascii = (from, to) => String.fromCharCode(...bytes.slice(from, to));
  if (starts(0x89, 0x50, 0x4e, 0x47)) return 'image/png';
  if (starts(0xff, 0xd8, 0xff)) return 'image/jpeg';
  if (ascii(0, 4) === 'GIF8') return 'image/gif';
  if (ascii(0, 4) === 'RIFF' && ascii(8, 12) === 'WEBP') return 'image/webp';
  return null;
}

/** `{ mediaType, data, thumb, name }`; throws a `PhotoProblem` for what cannot be sent. */
export async function readPhoto(file, maxBytes) {
  const type = mediaType(new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  if (!type) throw new PhotoProblem('Only PNG, JPEG, GIF and WebP pictures can be sent.');
  if (file.size > maxBytes) {
    throw new PhotoProblem(`This photo has ${amount(file.size / MB)} MB; at most ${amount(maxBytes / MB)} MB can be sent.`);
  }
  const thumb = await thumbnail(file);
  const url = await dataUrl(file);
  return { mediaType: type, data: url.slice(url.indexOf(',') + 1), thumb, name: file.name || 'Photo' };
}

/** Small enough to be kept in the tab. Drawing it also shows whether it is a picture at all. */
async function thumbnail(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new PhotoProblem('This file cannot be read as a picture.');
  }
  const longest = Math.max(bitmap.width, bitmap.height);
  if (longest > LONGEST_EDGE) throw new PhotoProblem(`This picture is too large: at most ${amount(LONGEST_EDGE)} pixels on a side.`);
  const factor = Math.min(1, THUMB_EDGE / longest);
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * factor));
  canvas.height = Math.max(1, Math.round(bitmap.height * factor));
  const context = canvas.getContext('2d');
  // What is transparent would turn black in a JPEG.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas.toDataURL('image/jpeg', 0.82);
}

const dataUrl = (file) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.addEventListener('load', () => resolve(reader.result));
  reader.addEventListener('error', () => reject(new PhotoProblem('This file could not be read.')));
  reader.readAsDataURL(file);
});
