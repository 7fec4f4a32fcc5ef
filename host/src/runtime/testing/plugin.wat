;; A plugin around a core module of a few lines: the component that `pegboard:plugin/tools@0.1.0` and
;; `pegboard:plugin/client@0.1.0` make of it. The core module's text takes the place of the line CORE.
(component
  (import "pegboard:plugin/types@0.1.0" (instance $types
      (type $json' string) (export "json" (type $json (eq $json')))
      (type $role' (enum "user" "assistant")) (export "role" (type $role (eq $role')))
      (type $annotations' (record
        (field "audience" (list $role)) (field "priority" (option f64)) (field "last-modified" (option string))))
      (export "annotations" (type $annotations (eq $annotations')))
      (type $text-content' (record
        (field "text" string) (field "annotations" (option $annotations)) (field "meta" (option $json))))
      (export "text-content" (type $text-content (eq $text-content')))
      (type $media-content' (record
        (field "data" (list u8)) (field "mime-type" string)
        (field "annotations" (option $annotations)) (field "meta" (option $json))))
      (export "media-content" (type $media-content (eq $media-content')))
      (type $icon' (record
        (field "src" string) (field "mime-type" (option string))
        (field "sizes" (list string)) (field "theme" (option string))))
      (export "icon" (type $icon (eq $icon')))
      (type $resource' (record
        (field "uri" string) (field "name" string) (field "title" (option string))
        (field "description" (option string)) (field "mime-type" (option string)) (field "size" (option f64))
        (field "annotations" (option $annotations)) (field "icons" (list $icon))
        (field "meta" (option $json)) (field "extra" (option $json))))
      (export "resource" (type $resource (eq $resource')))
      (type $resource-body' (variant (case "text" string) (case "blob" (list u8))))
      (export "resource-body" (type $resource-body (eq $resource-body')))
      (type $resource-contents' (record
        (field "uri" string) (field "mime-type" (option string))
        (field "body" $resource-body) (field "meta" (option $json))))
      (export "resource-contents" (type $resource-contents (eq $resource-contents')))
      (type $embedded-resource' (record
        (field "contents" $resource-contents) (field "annotations" (option $annotations)) (field "meta" (option $json))))
      (export "embedded-resource" (type $embedded-resource (eq $embedded-resource')))
      (type $content' (variant
        (case "text" $text-content) (case "image" $media-content) (case "audio" $media-content)
        (case "resource-link" $resource) (case "embedded" $embedded-resource) (case "other" $json)))
      (export "content" (type $content (eq $content')))
      (type $rpc-error' (record (field "code" s32) (field "message" string) (field "data" (option $json))))
      (export "rpc-error" (type $rpc-error (eq $rpc-error')))
      (type $call-error' (variant
        (case "failed" string) (case "invalid-arguments" string) (case "not-found" string)
        (case "protocol" $rpc-error) (case "pending")))
      (export "call-error" (type $call-error (eq $call-error')))
  ))
  (alias export $types "json" (type $json))
  (alias export $types "role" (type $role))
  (alias export $types "annotations" (type $annotations))
  (alias export $types "text-content" (type $text-content))
  (alias export $types "media-content" (type $media-content))
  (alias export $types "icon" (type $icon))
  (alias export $types "resource" (type $resource))
  (alias export $types "resource-body" (type $resource-body))
  (alias export $types "resource-contents" (type $resource-contents))
  (alias export $types "embedded-resource" (type $embedded-resource))
  (alias export $types "content" (type $content))
  (alias export $types "rpc-error" (type $rpc-error))
  (alias export $types "call-error" (type $call-error))
  (import "pegboard:plugin/client@0.1.0" (instance $client
      (type $level' (enum "debug" "info" "notice" "warning" "error" "critical" "alert" "emergency"))
      (export "log-level" (type $level (eq $level')))
      (alias outer 1 $json (type $json))
      (export "log" (func (param "level" $level) (param "logger" (option string)) (param "data" $json)))
      (export "progress" (func (param "done" f64) (param "total" (option f64)) (param "message" (option string))))
  ))

  ;; The memory has a module of its own, so that the host's functions can be lowered before the guest is there.
  (core module $env (memory (export "memory") 2))
  (core instance $env (instantiate $env))
  (alias core export $env "memory" (core memory $memory))
  (core func $log (canon lower (func $client "log") (memory $memory)))
  (core func $progress (canon lower (func $client "progress") (memory $memory)))
  (core module $main
    (import "env" "memory" (memory 1))
    (import "client" "log" (func $log (param i32 i32 i32 i32 i32 i32)))
    (import "client" "progress" (func $progress (param f64 i32 f64 i32 i32 i32)))
;; CORE
  )
  (core instance $client-lowered (export "log" (func $log)) (export "progress" (func $progress)))
  (core instance $main (instantiate $main
    (with "env" (instance $env)) (with "client" (instance $client-lowered))))

  (type $tool-annotations' (record
    (field "read-only" (option bool)) (field "destructive" (option bool))
    (field "idempotent" (option bool)) (field "open-world" (option bool))))
  (type $task-support' (enum "forbidden" "optional" "required"))
  (type $tool' (record
    (field "name" string) (field "title" (option string)) (field "description" string)
    (field "input-schema" $json) (field "output-schema" (option $json))
    (field "annotations" (option $tool-annotations')) (field "icons" (list $icon))
    (field "task-support" (option $task-support')) (field "asks-first" bool) (field "needs" (option $json))
    (field "meta" (option $json)) (field "extra" (option $json))))
  (type $tool-result' (record
    (field "content" (list $content)) (field "structured-content" (option $json)) (field "is-error" bool)
    (field "meta" (option $json)) (field "extra" (option $json))))
  (func $list-tools (result (result (list $tool') (error $call-error)))
    (canon lift (core func $main "list-tools") (memory $memory)))
  (func $call-tool (param "name" string) (param "args" $json) (result (result $tool-result' (error $call-error)))
    (canon lift (core func $main "call-tool") (memory $memory) (realloc (core func $main "realloc"))))

  ;; An exported function may only use types that are exported under a name, which takes a component of its own.
  (component $shim
    (type $json' string) (import "type-json" (type $json (eq $json')))
    (type $role' (enum "user" "assistant")) (import "type-role" (type $role (eq $role')))
    (type $annotations' (record
      (field "audience" (list $role)) (field "priority" (option f64)) (field "last-modified" (option string))))
    (import "type-annotations" (type $annotations (eq $annotations')))
    (type $text-content' (record
      (field "text" string) (field "annotations" (option $annotations)) (field "meta" (option $json))))
    (import "type-text-content" (type $text-content (eq $text-content')))
    (type $media-content' (record
      (field "data" (list u8)) (field "mime-type" string)
      (field "annotations" (option $annotations)) (field "meta" (option $json))))
    (import "type-media-content" (type $media-content (eq $media-content')))
    (type $icon' (record
      (field "src" string) (field "mime-type" (option string))
      (field "sizes" (list string)) (field "theme" (option string))))
    (import "type-icon" (type $icon (eq $icon')))
    (type $resource' (record
      (field "uri" string) (field "name" string) (field "title" (option string))
      (field "description" (option string)) (field "mime-type" (option string)) (field "size" (option f64))
      (field "annotations" (option $annotations)) (field "icons" (list $icon))
      (field "meta" (option $json)) (field "extra" (option $json))))
    (import "type-resource" (type $resource (eq $resource')))
    (type $resource-body' (variant (case "text" string) (case "blob" (list u8))))
    (import "type-resource-body" (type $resource-body (eq $resource-body')))
    (type $resource-contents' (record
      (field "uri" string) (field "mime-type" (option string))
      (field "body" $resource-body) (field "meta" (option $json))))
    (import "type-resource-contents" (type $resource-contents (eq $resource-contents')))
    (type $embedded-resource' (record
      (field "contents" $resource-contents) (field "annotations" (option $annotations)) (field "meta" (option $json))))
    (import "type-embedded-resource" (type $embedded-resource (eq $embedded-resource')))
    (type $content' (variant
      (case "text" $text-content) (case "image" $media-content) (case "audio" $media-content)
      (case "resource-link" $resource) (case "embedded" $embedded-resource) (case "other" $json)))
    (import "type-content" (type $content (eq $content')))
    (type $rpc-error' (record (field "code" s32) (field "message" string) (field "data" (option $json))))
    (import "type-rpc-error" (type $rpc-error (eq $rpc-error')))
    (type $call-error' (variant
      (case "failed" string) (case "invalid-arguments" string) (case "not-found" string)
      (case "protocol" $rpc-error) (case "pending")))
    (import "type-call-error" (type $call-error (eq $call-error')))
    (type $tool-annotations' (record
      (field "read-only" (option bool)) (field "destructive" (option bool))
      (field "idempotent" (option bool)) (field "open-world" (option bool))))
    (import "type-tool-annotations" (type $tool-annotations (eq $tool-annotations')))
    (type $task-support' (enum "forbidden" "optional" "required"))
    (import "type-task-support" (type $task-support (eq $task-support')))
    (type $tool' (record
      (field "name" string) (field "title" (option string)) (field "description" string)
      (field "input-schema" $json) (field "output-schema" (option $json))
      (field "annotations" (option $tool-annotations)) (field "icons" (list $icon))
      (field "task-support" (option $task-support)) (field "asks-first" bool) (field "needs" (option $json))
      (field "meta" (option $json)) (field "extra" (option $json))))
    (import "type-tool" (type $tool (eq $tool')))
    (type $tool-result' (record
      (field "content" (list $content)) (field "structured-content" (option $json)) (field "is-error" bool)
      (field "meta" (option $json)) (field "extra" (option $json))))
    (import "type-tool-result" (type $tool-result (eq $tool-result')))
    (import "list-tools" (func $list-tools (result (result (list $tool) (error $call-error)))))
    (import "call-tool" (func $call-tool
      (param "name" string) (param "args" $json) (result (result $tool-result (error $call-error)))))

    (export $json-out "json" (type $json))
    (export $icon-out "icon" (type $icon))
    (export $content-out "content" (type $content))
    (export $call-error-out "call-error" (type $call-error))
    (type $tool-annotations'' (record
      (field "read-only" (option bool)) (field "destructive" (option bool))
      (field "idempotent" (option bool)) (field "open-world" (option bool))))
    (export $tool-annotations-out "tool-annotations" (type $tool-annotations''))
    (type $task-support'' (enum "forbidden" "optional" "required"))
    (export $task-support-out "task-support" (type $task-support''))
    (type $tool'' (record
      (field "name" string) (field "title" (option string)) (field "description" string)
      (field "input-schema" $json-out) (field "output-schema" (option $json-out))
      (field "annotations" (option $tool-annotations-out)) (field "icons" (list $icon-out))
      (field "task-support" (option $task-support-out)) (field "asks-first" bool) (field "needs" (option $json-out))
      (field "meta" (option $json-out)) (field "extra" (option $json-out))))
    (export $tool-out "tool" (type $tool''))
    (type $tool-result'' (record
      (field "content" (list $content-out)) (field "structured-content" (option $json-out)) (field "is-error" bool)
      (field "meta" (option $json-out)) (field "extra" (option $json-out))))
    (export $tool-result-out "tool-result" (type $tool-result''))
    (export "list-tools" (func $list-tools) (func (result (result (list $tool-out) (error $call-error-out)))))
    (export "call-tool" (func $call-tool) (func
      (param "name" string) (param "args" $json-out) (result (result $tool-result-out (error $call-error-out)))))
  )
  (instance $tools (instantiate $shim
    (with "list-tools" (func $list-tools)) (with "call-tool" (func $call-tool))
    (with "type-json" (type $json))
    (with "type-role" (type $role))
    (with "type-annotations" (type $annotations))
    (with "type-text-content" (type $text-content))
    (with "type-media-content" (type $media-content))
    (with "type-icon" (type $icon))
    (with "type-resource" (type $resource))
    (with "type-resource-body" (type $resource-body))
    (with "type-resource-contents" (type $resource-contents))
    (with "type-embedded-resource" (type $embedded-resource))
    (with "type-content" (type $content))
    (with "type-rpc-error" (type $rpc-error))
    (with "type-call-error" (type $call-error))
    (with "type-tool-annotations" (type $tool-annotations'))
    (with "type-task-support" (type $task-support'))
    (with "type-tool" (type $tool'))
    (with "type-tool-result" (type $tool-result'))))
  (export "pegboard:plugin/tools@0.1.0" (instance $tools))
)
