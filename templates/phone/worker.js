// Shows that something waits, and opens the page. What waits is asked by the page itself: a message says nothing about it.
'use strict';

const words = () => new Promise((resolve) => {
  const fallback = { title: 'Something waits for you', text: 'Open to see what it is.' };
  const asked = indexedDB.open('countersign-phone', 1);
  asked.onerror = () => resolve(fallback);
  asked.onupgradeneeded = () => asked.transaction.abort();
  asked.onsuccess = () => {
    try {
      const found = asked.result.transaction('words').objectStore('words').get('ring');
      found.onsuccess = () => resolve(found.result ?? fallback);
      found.onerror = () => resolve(fallback);
    } catch {
      resolve(fallback);
    }
  };
});

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('push', (event) => event.waitUntil((async () => {
  const { title, text } = await words();
  // One notification, whatever number of messages: a newer one takes the place of the older.
  await self.registration.showNotification(title, {
    body: text, tag: 'countersign', renotify: true, icon: '/phone/icon-192.png', badge: '/phone/badge.png',
  });
  for (const page of await self.clients.matchAll({ type: 'window' })) page.postMessage('look');
})()));

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil((async () => {
    const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
    const open = pages.find((page) => new URL(page.url).pathname.startsWith('/phone/'));
    if (open) return open.focus();
    return self.clients.openWindow('/phone/');
  })());
});
