/** Numbers of TensorFlow's C API for element types and kinds of attributes. */

/** TF_DataType. */
export const TF_TYPE = {
  float32: 1,
  float64: 2,
  int32: 3,
  uint8: 4,
  int16: 5,
  int8: 6,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  uint16: 17,
  float16: 19,
  resource: 20,
  uint32: 22,
  uint64: 23,
} as const;

/** TF_AttrType; `resource` is tfjs's own number for a shared-name attribute. */
export const TF_ATTR = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5, func: 8, resource: 10 } as const;
