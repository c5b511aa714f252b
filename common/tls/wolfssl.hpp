#pragma once

// The door to wolfSSL's TLS: only .cpp files of common/tls include this.
#include <wolfssl/options.h>

#include <wolfssl/error-ssl.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
