/** Certificates and keys in PEM, of a server and of its clients: {@link TlsCredentials}. */
@NullMarked
package dev.lapidary.serve.tls;

import org.jspecify.annotations.NullMarked;
