"""Texts of what the HTTP interface answers, in English and Chinese."""

from __future__ import annotations

TEXTS: dict[str, dict[str, str]] = {
    # ------------------------------------------------------------------ problems
    "api.problem.unknown-path": {
        "en": "there is nothing at {path}; /openapi.json lists what there is",
        "zh": "{path} 处没有任何内容；可用的路径见 /openapi.json",
    },
    "api.problem.wrong-method": {
        "en": "{path} does not take {method}; use {allowed}",
        "zh": "{path} 不支持 {method}；请使用 {allowed}",
    },
    "api.problem.too-large": {
        "en": "the body is larger than {limit_bytes:,} bytes; send it in smaller parts",
        "zh": "请求体超过 {limit_bytes:,} 字节；请拆分后再发送",
    },
    "api.problem.long-head": {
        "en": "the head of the request is longer than {limit_bytes:,} bytes; send fewer headers",
        "zh": "请求头部超过 {limit_bytes:,} 字节；请减少请求头",
    },
    "api.problem.failed": {
        "en": "something failed in the server; its log says what, under {reference}",
        "zh": "服务器内部出错；详情见其日志中的 {reference}",
    },
    "api.problem.parameter": {
        "en": "{name}={value!r} cannot be meant: {expected}",
        "zh": "{name}={value!r} 无法理解：{expected}",
    },
    "api.problem.unknown-parameter": {
        "en": "there is no parameter {name!r}{suggestion}",
        "zh": "没有名为 {name!r} 的参数{suggestion}",
    },
    # ------------------------------------------------------------------ who may ask
    "api.guard.no-key": {
        "en": "this needs a key: send 'Authorization: Bearer <key>'; 'driftline keys create' "
        "makes one",
        "zh": "需要密钥：请发送 'Authorization: Bearer <密钥>'；可用 'driftline keys create' 创建",
    },
    "api.guard.no-admin-key": {
        "en": "this needs the local key of the store's owner, or one that 'driftline keys create "
        "NAME --scope admin' makes",
        "zh": "需要存储所有者的本地密钥，或用 'driftline keys create NAME --scope admin' "
        "创建的密钥",
    },
    "api.guard.dead-key": {
        "en": "this key is unknown, expired or revoked; 'driftline keys list' shows which are in "
        "use",
        "zh": "该密钥未知、已过期或已吊销；可用 'driftline keys list' 查看在用的密钥",
    },
    "api.guard.wrong-scope": {
        "en": "this needs a key with the scope {scope}; the one that was sent has: {has}",
        "zh": "需要具有 {scope} 权限的密钥；所用密钥的权限为：{has}",
    },
    "api.guard.path-key": {
        "en": "a key in the path may be seen on its way, so it has to have the scope ingest and "
        "no other; send this one in the header Authorization",
        "zh": "路径中的密钥可能在传输途中被看到，因此只能具有 ingest 权限；"
        "请改用 Authorization 请求头发送该密钥",
    },
    "api.guard.all-models": {
        "en": "this speaks of every model, and the key that was sent is for some only",
        "zh": "该请求涉及所有模型，而所用密钥只适用于部分模型",
    },
    "api.guard.wrong-model": {
        "en": "the key that was sent is not for the model {model!r}",
        "zh": "所用密钥不适用于模型 {model!r}",
    },
    "api.guard.foreign-host": {
        "en": "without a key only 127.0.0.1, localhost and [::1] are answered; ask one of these, "
        "or send a key",
        "zh": "没有密钥时只能通过 127.0.0.1、localhost 或 [::1] 访问；请使用这些地址，或发送密钥",
    },
    "api.guard.foreign-page": {
        "en": "a page of another site may not ask this without a key",
        "zh": "没有密钥时，其他网站的页面不能发起该请求",
    },
    # ------------------------------------------------------------------ our own client
    "api.service": {
        "en": "one use case for Driftline's own client; both sides have the same version",
        "zh": "供 Driftline 自带的客户端使用；两端版本须一致",
    },
}
