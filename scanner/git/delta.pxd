# C types for delta.py, where it is compiled.

cimport cython

ctypedef const unsigned char octet_t
ctypedef unsigned char byte_t
ctypedef long long i64

cdef int _LF
cdef int _BLANK
cdef i64 _NEAR
cdef i64 _OFFSET
cdef i64 _FULL_COPY

@cython.locals(content=bytearray, touched=list)
cpdef tuple apply_delta(octet_t[::1] base, octet_t[::1] delta, i64 margin, i64 limit)

@cython.locals(target=byte_t[::1], content=bytearray, touched=list, size=i64, at=i64, start=i64, length=i64, new=i64, follows=i64, last=i64)
cdef tuple _rebuild(octet_t[::1] base, octet_t[::1] delta, i64 limit, i64 near)

@cython.locals(regions=list, i=i64, left=i64, right=i64, start=i64, stop=i64)
cdef list _regions(octet_t[::1] text, list touched, i64 margin)

cdef i64 _back(octet_t[::1] text, i64 at, i64 margin, i64 low) noexcept
cdef i64 _forth(octet_t[::1] text, i64 at, i64 margin, i64 stop) noexcept
cdef i64 _line_start(octet_t[::1] text, i64 at, i64 low) noexcept
cdef i64 _line_end(octet_t[::1] text, i64 at, i64 stop) noexcept

@cython.locals(claimed=i64, size=i64)
cdef (i64, i64, i64) _sizes(octet_t[::1] code, i64 base_size, i64 limit) except *

@cython.locals(value=i64, shift=int, octet=i64)
cdef (i64, i64) _size(octet_t[::1] code, i64 at) noexcept

@cython.locals(operation=int, operands=i64, bit=int, octet=i64)
cdef (i64, i64, i64) _operation(octet_t[::1] code, i64 at) except *

@cython.locals(spans=list, base_size=i64, size=i64, at=i64, start=i64, length=i64, new=i64, begin=i64, origin=i64)
cpdef list carry(octet_t[::1] delta, list marks)

@cython.locals(i=i64, start=i64, end=i64)
cdef void _carry_piece(list marks, i64 origin, i64 length, i64 shift, list spans) except *
