// Reads, checks and prepares a photo for sending and display.

import { amount } from './words.js';

const MB = 1024 * 1024;
/** The browser may fail to decode more pixels. */
const LONGEST_EDGE = 8000;
/** The model scales larger images down to this; they would be sent in full with every question. */
const SENT_EDGE = 1568;
const SENT_AS_IT_IS = MB / 2;
const THUMB_EDGE = 480;

/** Messages for the user. */
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

/** Megabytes, rounded up: a file just over the limit must not look as if it fits. */
export const megabytes = (bytes) => `${amount(Math.ceil((bytes / MB) * 10) / 10)} MB`;

/** `{ mediaType, data, thumb, name }`; throws a `PhotoProblem` for what cannot be sent. */
export async function readPhoto(file, maxBytes) {
  const type = mediaType(new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  if (!type) throw new PhotoProblem('Only PNG, JPEG, GIF and WebP pictures can be sent.');
  if (file.size > maxBytes) {
    throw new PhotoProblem(`This photo has ${megabytes(file.size)}; at most ${megabytes(maxBytes)} can be sent.`);
  }
  const bitmap = await decoded(file);
  try {
    const thumb = jpeg(bitmap, THUMB_EDGE, 0.82);
    return { ...await sent(file, type, bitmap), thumb, name: file.name || 'Photo' };
  } finally {
    bitmap.close();
  }
}

/** Decodes the image; fails if it is none. */
async function decoded(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new PhotoProblem('This file cannot be read as a picture.');
  }
  if (Math.max(bitmap.width, bitmap.height) <= LONGEST_EDGE) return bitmap;
  bitmap.close();
  throw new PhotoProblem(`This picture is too large: at most ${amount(LONGEST_EDGE)} pixels on a side.`);
}

/** The file itself if it is small, so that a screenshot stays sharp; else a scaled-down JPEG. */
async function sent(file, type, bitmap) {
  const fits = Math.max(bitmap.width, bitmap.height) <= SENT_EDGE;
  if (!fits || file.size > SENT_AS_IT_IS) {
    const data = base64Of(jpeg(bitmap, SENT_EDGE, 0.85));
    if (!fits || data.length * 0.75 < file.size) return { mediaType: 'image/jpeg', data };
  }
  return { mediaType: type, data: base64Of(await dataUrl(file)) };
}

const base64Of = (url) => url.slice(url.indexOf(',') + 1);

function jpeg(bitmap, longest, quality) {
  const factor = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * factor));
  canvas.height = Math.max(1, Math.round(bitmap.height * factor));
  const context = canvas.getContext('2d');
  // Transparency would turn black in a JPEG.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/jpeg', quality);
}

const dataUrl = (file) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.addEventListener('load', () => resolve(reader.result));
  reader.addEventListener('error', () => reject(new PhotoProblem('This file could not be read.')));
  reader.readAsDataURL(file);
});
