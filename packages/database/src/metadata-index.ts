/** Keys and values of `request_log_metadata` hold this many characters; a filter must cut what it looks for alike. */
export const metadataIndexLength = 256;
